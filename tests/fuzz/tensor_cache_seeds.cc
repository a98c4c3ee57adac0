// Writes the corpus of tensor_cache_fuzz into a folder: three drawn images with labels of each kind.
//
//   tensor_cache_seeds tests/fuzz/corpus/tensor_cache

#include "common/data/tensor_cache.h"
#include "tests/support/tiny_data.h"

#include <filesystem>
#include <iostream>

namespace consilium {
namespace {

Status WriteSeeds(const std::filesystem::path& folder) {
  const Dataset data =
      MakeTinyData({Holding::kBoth, Holding::kPrognosis, Holding::kBrixia, Holding::kNothing});
  return WriteTensorCache((folder / "four_images").string(), data, AllIndices(data));
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  const consilium::Status status =
      argc == 2 ? consilium::WriteSeeds(argv[1]) : consilium::InvalidArgument("expected a folder");
  if (!status.ok()) std::cerr << status << '\n';
  return consilium::ExitCode(status);
}
