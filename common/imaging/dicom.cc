#include "common/imaging/dicom.h"

#include "common/imaging/raster.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dctk.h>
#include <torch/types.h>

#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>

namespace consilium {
namespace {

constexpr std::size_t kPreamble = 128;
constexpr std::string_view kMark = "DICM";

void SilenceDcmtk() {
  static std::once_flag once;
  std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

/// How grey values lie in the pixel data.
struct PixelLayout {
  PictureSize size;
  int allocated = 0;
  int stored = 0;
  int high_bit = 0;
  bool is_signed = false;
  bool inverted = false;
};

std::string TextOf(DcmItem& dataset, const DcmTagKey& tag) {
  OFString text;
  if (dataset.findAndGetOFString(tag, text).bad()) return {};
  const std::size_t end = text.find_last_not_of(" \0");
  return end == OFString_npos ? std::string() : std::string(text.c_str(), end + 1);
}

Result<int> NumberOf(DcmItem& dataset, const DcmTagKey& tag, const char* name) {
  Uint16 value = 0;
  if (dataset.findAndGetUint16(tag, value).bad()) {
    return InvalidArgument(std::string("DICOM without ") + name + ", expected a grey picture");
  }
  return static_cast<int>(value);
}

Status CheckOneGreyFrame(DcmItem& dataset) {
  const std::string photometric = TextOf(dataset, DCM_PhotometricInterpretation);
  if (photometric != "MONOCHROME1" && photometric != "MONOCHROME2") {
    return InvalidArgument("DICOM of photometric interpretation '" + photometric +
                           "', expected MONOCHROME1 or MONOCHROME2");
  }
  Uint16 samples = 1;
  dataset.findAndGetUint16(DCM_SamplesPerPixel, samples);
  if (samples != 1) {
    return InvalidArgument("DICOM of " + std::to_string(samples) +
                           " samples a pixel, expected one: a grey picture");
  }
  const std::string frames = TextOf(dataset, DCM_NumberOfFrames);
  if (!frames.empty() && std::atoi(frames.c_str()) != 1) {
    return InvalidArgument("DICOM of '" + frames + "' frames, expected one");
  }
  return OkStatus();
}

Result<PixelLayout> ReadLayout(DcmItem& dataset) {
  CONSILIUM_RETURN_IF_ERROR(CheckOneGreyFrame(dataset));
  PixelLayout layout;
  CONSILIUM_ASSIGN_OR_RETURN(layout.size.height, NumberOf(dataset, DCM_Rows, "Rows"));
  CONSILIUM_ASSIGN_OR_RETURN(layout.size.width, NumberOf(dataset, DCM_Columns, "Columns"));
  CONSILIUM_RETURN_IF_ERROR(CheckPictureSize(layout.size));
  CONSILIUM_ASSIGN_OR_RETURN(layout.allocated,
                             NumberOf(dataset, DCM_BitsAllocated, "BitsAllocated"));
  CONSILIUM_ASSIGN_OR_RETURN(layout.stored, NumberOf(dataset, DCM_BitsStored, "BitsStored"));
  CONSILIUM_ASSIGN_OR_RETURN(layout.high_bit, NumberOf(dataset, DCM_HighBit, "HighBit"));
  if ((layout.allocated != 8 && layout.allocated != 16) || layout.stored < 8 ||
      layout.stored > layout.allocated || layout.high_bit >= layout.allocated ||
      layout.high_bit + 1 < layout.stored) {
    return InvalidArgument("DICOM of " + std::to_string(layout.stored) + " bits stored in " +
                           std::to_string(layout.allocated) + " (high bit " +
                           std::to_string(layout.high_bit) + "), expected 8 to 16 in 8 or 16");
  }
  Uint16 representation = 0;
  dataset.findAndGetUint16(DCM_PixelRepresentation, representation);
  layout.is_signed = representation == 1;
  Float64 slope = 1;
  dataset.findAndGetFloat64(DCM_RescaleSlope, slope);
  layout.inverted =
      (TextOf(dataset, DCM_PhotometricInterpretation) == "MONOCHROME1") != (slope < 0);
  return layout;
}

/// Values from 8- or 16-bit cells: the stored bits, their sign, the inversion.
template <typename Cell>
torch::Tensor Unpack(const Cell* cells, const PixelLayout& layout) {
  torch::Tensor picture = torch::empty({layout.size.height, layout.size.width}, torch::kFloat32);
  float* const out = picture.data_ptr<float>();
  const int shift = layout.high_bit + 1 - layout.stored;
  const int levels = 1 << layout.stored;
  for (std::int64_t i = 0; i < picture.numel(); ++i) {
    int value = (cells[i] >> shift) & (levels - 1);
    if (layout.is_signed && value >= levels / 2) value -= levels;
    if (layout.inverted) value = (layout.is_signed ? -1 : levels - 1) - value;
    out[i] = static_cast<float>(value);
  }
  return picture;
}

Result<torch::Tensor> ReadPixels(DcmItem& dataset, const PixelLayout& layout) {
  const auto wanted = static_cast<unsigned long>(layout.size.width * layout.size.height);
  unsigned long found = 0;
  const Uint16* words = nullptr;
  const Uint8* bytes = nullptr;
  if (layout.allocated == 16) {
    dataset.findAndGetUint16Array(DCM_PixelData, words, &found);
  } else {
    dataset.findAndGetUint8Array(DCM_PixelData, bytes, &found);
  }
  if ((words == nullptr && bytes == nullptr) || found < wanted || found > wanted + 1) {
    return InvalidArgument("DICOM of " + std::to_string(layout.size.height) + " x " +
                           std::to_string(layout.size.width) + " pixels holds " +
                           std::to_string(found) + ", expected as many as its header says");
  }
  return words != nullptr ? Unpack(words, layout) : Unpack(bytes, layout);
}

/// The transfer syntax that the file's meta header names, if its data set can be read.
Result<E_TransferSyntax> ReadTransferSyntax(DcmInputBufferStream& stream) {
  DcmMetaInfo meta;
  meta.transferInit();
  const OFCondition read = meta.read(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength);
  meta.transferEnd();
  const std::string uid = TextOf(meta, DCM_TransferSyntaxUID);
  if (read.bad() || uid.empty()) {
    return InvalidArgument("DICOM is damaged: its meta header names no transfer syntax");
  }
  const DcmXfer syntax(uid.c_str());
  switch (syntax.getXfer()) {
    case EXS_LittleEndianImplicit:
    case EXS_LittleEndianExplicit:
    case EXS_BigEndianExplicit:
      return syntax.getXfer();
    default:
      return InvalidArgument("DICOM of transfer syntax " + std::string(syntax.getXferName()) +
                             " (" + uid + ") is not supported, expected uncompressed");
  }
}

Result<torch::Tensor> Decode(ByteView file) {
  DcmInputBufferStream stream;
  stream.setBuffer(file.data(), static_cast<offile_off_t>(file.size()));
  stream.setEos();
  CONSILIUM_ASSIGN_OR_RETURN(const E_TransferSyntax syntax, ReadTransferSyntax(stream));
  DcmDataset dataset;
  dataset.transferInit();
  const OFCondition read = dataset.read(stream, syntax, EGL_noChange, DCM_MaxReadLength);
  dataset.transferEnd();
  if (read.bad()) {
    return InvalidArgument(std::string("DICOM is damaged or cut off (") + read.text() +
                           "), expected the whole file");
  }
  if (!dataset.tagExists(DCM_PixelData)) {
    return InvalidArgument("DICOM without pixels, expected a data set with PixelData");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const PixelLayout layout, ReadLayout(dataset));
  return ReadPixels(dataset, layout);
}

}  // namespace

bool IsDicom(ByteView file) {
  return file.size() >= kPreamble + kMark.size() &&
         AsText(file).substr(kPreamble).starts_with(kMark);
}

Result<torch::Tensor> DecodeDicom(ByteView file) {
  SilenceDcmtk();
  try {
    return Decode(file);
  } catch (const std::exception& fault) {
    return InvalidArgument(std::string("DICOM cannot be read: ") + fault.what());
  }
}

}  // namespace consilium
