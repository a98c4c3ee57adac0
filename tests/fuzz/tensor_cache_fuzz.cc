// Any bytes as a tensor cache: refused in a line that names the file, or read into a dataset whose
// images, labels and tasks fit each other.

#include "common/base/check.h"
#include "common/data/tensor_cache.h"
#include "tests/support/temp_folder.h"

#include <fstream>
#include <span>

namespace consilium {
namespace {

void Try(std::span<const std::uint8_t> input) {
  static const TempFolder folder;
  static const std::string path = folder.File("cache");
  // Not synced: thousands of them are written.
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(input.data()),
             static_cast<std::streamsize>(input.size()));
  const Result<Dataset> read = ReadTensorCache(path);
  if (!read.ok()) {
    CONSILIUM_CHECK(read.status().code() == StatusCode::kInvalidArgument);
    CONSILIUM_CHECK(read.status().message().starts_with(path));
    return;
  }
  CONSILIUM_CHECK(read->images.size(0) == static_cast<std::int64_t>(read->samples.size()));
  for (const Sample& sample : read->samples) {
    CONSILIUM_CHECK(sample.labels.size() == read->tasks.size());
    for (std::size_t j = 0; j < read->tasks.size(); ++j) {
      CONSILIUM_CHECK(sample.labels[j].empty() ||
                      static_cast<std::int64_t>(sample.labels[j].size()) ==
                          LabelWidth(read->tasks[j]));
    }
  }
}

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  consilium::Try({data, size});
  return 0;
}
