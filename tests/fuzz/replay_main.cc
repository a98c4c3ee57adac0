// Runs a fuzz target without a fuzzing engine: over each file of the folders that are given, and
// over seeded mutations of it (cut, overwritten, repeated in part). Any fault ends the process.
//
//   build/dev/tests/safetensors_fuzz FOLDER...

#include "common/base/random_stream.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace consilium {
namespace {

constexpr std::uint64_t kMaxInput = 1 << 20;
constexpr int kMutationsPerFile = 2000;

void Run(const Bytes& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::ptrdiff_t Position(const Bytes& bytes, RandomStream& random) {
  return static_cast<std::ptrdiff_t>(random.Below(bytes.size()));
}

/// One to four changes.
Bytes Mutated(Bytes bytes, RandomStream& random) {
  for (std::uint64_t left = 1 + random.Below(4); left > 0 && !bytes.empty(); --left) {
    const std::ptrdiff_t at = Position(bytes, random);
    switch (random.Below(3)) {
      case 0:
        bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(random.Below(256));
        break;
      case 1:
        bytes.resize(static_cast<std::size_t>(at));
        break;
      default: {
        const std::ptrdiff_t from = Position(bytes, random);
        const Bytes part(bytes.begin() + std::min(at, from), bytes.begin() + std::max(at, from));
        bytes.insert(bytes.begin() + at, part.begin(), part.end());
      }
    }
  }
  return bytes;
}

Status Replay(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    files.push_back(file.path().string());
  }
  if (files.empty()) return NotFound(folder.string() + " is empty");
  std::ranges::sort(files);
  for (const std::string& file : files) {
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes input, ReadFile(file, kMaxInput));
    Run(input);
    RandomStream random(StreamSeed(1, {std::filesystem::path(file).filename().string()}));
    for (int i = 0; i < kMutationsPerFile; ++i) Run(Mutated(input, random));
  }
  std::cout << folder.string() << ": " << files.size() << " files\n";
  return OkStatus();
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const consilium::Status status = consilium::Replay(argv[i]);
    if (!status.ok()) {
      std::cerr << status << '\n';
      return consilium::ExitCode(status);
    }
  }
  return argc > 1 ? 0 : 2;
}
