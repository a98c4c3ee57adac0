#include "common/tensor_file/safetensors.h"

#include "common/base/check.h"
#include "common/tensor_file/element_conversion.h"
#include "common/tensor_file/safetensors_header.h"
#include "common/tensor_file/shown_name.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace consilium {
namespace {

/// Bytes that the entry fills in the file, at most Layout::kMaxBytes.
Result<std::uint64_t> SizeInFile(const SafetensorsEntry& entry, const ForeignType& type) {
  std::uint64_t size = type.size;
  for (const std::int64_t dimension : entry.shape) {
    const auto factor = static_cast<std::uint64_t>(dimension);
    if (factor > 0 && size > Layout::kMaxBytes / factor) {
      return InvalidArgument("the shape of " + ShownName(entry.name) + " is too large");
    }
    size *= factor;
  }
  return size;
}

/// The entry's bytes, which must lie at `begin`.
Result<ByteView> DataOf(const SafetensorsEntry& entry, const ForeignType& type, std::uint64_t begin,
                        ByteView data) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, SizeInFile(entry, type));
  const auto given_begin = static_cast<std::uint64_t>(entry.offsets[0]);
  const auto given_end = static_cast<std::uint64_t>(entry.offsets[1]);
  if (given_begin != begin) {
    return InvalidArgument("the data of " + ShownName(entry.name) + " begin at " +
                           std::to_string(given_begin) + ", expected " + std::to_string(begin));
  }
  if (given_end < begin || given_end - begin != size) {
    return InvalidArgument("the data of " + ShownName(entry.name) + " end at " +
                           std::to_string(given_end) + ", by its shape and type expected " +
                           std::to_string(begin + size));
  }
  if (given_end > data.size()) {
    return InvalidArgument("the data of " + ShownName(entry.name) + " end at " +
                           std::to_string(given_end) + ", the file has only " +
                           std::to_string(data.size()) + " bytes of data");
  }
  return data.subspan(begin, size);
}

Result<TensorFile> Parse(ByteView file) {
  ByteReader reader(file);
  const Result<std::uint64_t> header_size = reader.Read<std::uint64_t>();
  if (!header_size.ok()) return InvalidArgument("is too short for a .safetensors file");
  if (*header_size > SafetensorsHeader::kMaxBytes || *header_size > reader.remaining()) {
    return InvalidArgument("its header would be " + std::to_string(*header_size) +
                           " bytes long; is it a .safetensors file?");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const ByteView header_bytes, reader.ReadBytes(*header_size));
  CONSILIUM_ASSIGN_OR_RETURN(SafetensorsHeader header,
                             ParseSafetensorsHeader(AsText(header_bytes)));
  const ByteView data = file.last(reader.remaining());

  std::ranges::stable_sort(header.entries, {}, [](const SafetensorsEntry& entry) {
    return std::tuple(entry.offsets[0], entry.offsets[1]);
  });
  std::vector<EntrySpec> specs;
  Bytes bytes;
  bytes.reserve(data.size());
  std::uint64_t begin = 0;
  for (SafetensorsEntry& entry : header.entries) {
    const ForeignType* type = FindForeignType(entry.dtype);
    if (type == nullptr) {
      return InvalidArgument(ShownName(entry.name) + " has elements of type " +
                             ShownName(entry.dtype) + ", expected one of " + KnownForeignTypes());
    }
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView values, DataOf(entry, *type, begin, data));
    const std::size_t start = bytes.size();
    bytes.resize(start + values.size() / type->size * ElementSize(type->becomes));
    type->convert(values, std::span(bytes).subspan(start));
    begin += values.size();
    specs.push_back({std::move(entry.name), type->becomes, std::move(entry.shape)});
  }
  if (begin != data.size()) {
    return InvalidArgument(std::to_string(data.size() - begin) + " bytes follow the last tensor");
  }
  CONSILIUM_ASSIGN_OR_RETURN(std::shared_ptr<const Layout> layout, Layout::Make(std::move(specs)));
  return TensorFile{{std::move(layout), std::move(bytes)}, std::move(header.metadata)};
}

std::string HeaderOf(const TensorFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  const Layout& layout = *file.blob.layout;
  for (std::size_t i = 0; i < layout.entries().size(); ++i) {
    const EntrySpec& entry = layout.entries()[i];
    header[entry.name] = {{"dtype", SafetensorsName(entry.type)},
                          {"shape", entry.shape},
                          {"data_offsets", {layout.offset(i), layout.offset(i) + layout.size(i)}}};
  }
  // A text that is not UTF-8 is written with replacement characters instead of thrown about.
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data section begins aligned
  return text;
}

}  // namespace

Result<TensorFile> ParseSafetensors(ByteView file, const std::string& name_for_errors) {
  Result<TensorFile> parsed = Parse(file);
  if (!parsed.ok()) return parsed.status().WithContext(name_for_errors);
  return parsed;
}

Bytes SerializeSafetensors(const TensorFile& file) {
  CONSILIUM_CHECK(file.blob.bytes.size() == file.blob.layout->byte_size());
  const std::string header = HeaderOf(file);
  ByteWriter writer;
  writer.Put(static_cast<std::uint64_t>(header.size()));
  writer.PutBytes(AsBytes(header));
  writer.PutBytes(file.blob.bytes);
  return writer.Take();
}

}  // namespace consilium
