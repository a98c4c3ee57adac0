// Writes the corpus of update_codec_fuzz into a folder: one sound update of each codec.
//
//   update_codec_seeds tests/fuzz/corpus/update_codec

#include "common/codec/update_codec.h"
#include "common/storage/file_io.h"
#include "tests/fuzz/update_codec_case.h"
#include "tests/support/random_state.h"

#include <filesystem>
#include <iostream>

namespace consilium {
namespace {

Status WriteSeeds(const std::filesystem::path& folder) {
  const auto layout = FuzzedLayout();
  const ParameterBlob base = RandomState(layout, 1);
  const ParameterBlob state = RandomState(layout, 2);
  for (std::size_t i = 0; i < kFuzzedCodecs.size(); ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto codec, MakeCodec(kFuzzedCodecs[i], layout));
    CONSILIUM_ASSIGN_OR_RETURN(const EncodedUpdate update, codec->Encode(state, base.bytes, {}));
    Bytes seed{static_cast<std::byte>(i)};
    seed.insert(seed.end(), update.bytes.begin(), update.bytes.end());
    CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically((folder / kFuzzedCodecs[i]).string(), seed));
  }
  return OkStatus();
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  const consilium::Status status =
      argc == 2 ? consilium::WriteSeeds(argv[1]) : consilium::InvalidArgument("expected a folder");
  if (!status.ok()) std::cerr << status << '\n';
  return consilium::ExitCode(status);
}
