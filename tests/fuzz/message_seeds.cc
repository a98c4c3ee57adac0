// Writes the corpus of message_fuzz into a folder: a sound message of each kind, after the byte that
// chooses it.
//
//   message_seeds tests/fuzz/corpus/message

#include "common/storage/file_io.h"
#include "common/wire/to_proto.h"
#include "tests/common/wire/random_messages.h"

#include <filesystem>
#include <iostream>

namespace consilium {
namespace {

Status WriteSeeds(const std::filesystem::path& folder) {
  RandomMessages random(1);
  const std::vector<std::pair<std::string, std::string>> messages = {
      {"run_offer", ToProto(random.Offer()).SerializeAsString()},
      {"instruction", ToProto(random.Order()).SerializeAsString()},
      {"site_declaration", ToProto(random.Declaration()).SerializeAsString()},
      {"update_header", ToProto(random.Update()).SerializeAsString()},
      {"progress", ToProto(random.Steps()).SerializeAsString()},
      {"evaluation_report", ToProto(random.Evaluation()).SerializeAsString()},
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::string seed(1, static_cast<char>(i));
    seed += messages[i].second;
    CONSILIUM_RETURN_IF_ERROR(
        WriteFileAtomically((folder / messages[i].first).string(), AsBytes(seed)));
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
