// Any text as a manifest: refused in one line that names the file, or read with one line number,
// one indicator per task and labels within their classes for each row.

#include "common/base/check.h"
#include "common/base/task_spec.h"
#include "common/data/manifest.h"

#include <string_view>

namespace consilium {
namespace {

void Try(std::string_view text) {
  static const std::vector<TaskSpec> tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  const Result<Manifest> manifest = ParseManifest(text, "fuzzed.csv", tasks);
  if (!manifest.ok()) {
    CONSILIUM_CHECK(manifest.status().code() == StatusCode::kInvalidArgument);
    CONSILIUM_CHECK(manifest.status().message().starts_with("fuzzed.csv"));
    CONSILIUM_CHECK(manifest.status().message().find('\n') == std::string::npos);
    return;
  }
  CONSILIUM_CHECK(manifest->lines.size() == manifest->samples.size());
  for (const Sample& sample : manifest->samples) {
    CONSILIUM_CHECK(sample.labels.size() == tasks.size());
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      const std::vector<int>& label = sample.labels[j];
      CONSILIUM_CHECK(label.empty() ||
                      static_cast<std::int64_t>(label.size()) == LabelWidth(tasks[j]));
      for (const int value : label) CONSILIUM_CHECK(value >= 0 && value <= 3);
    }
  }
}

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  consilium::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
