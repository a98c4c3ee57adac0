#include "site_client/set_aside.h"

#include "common/storage/file_io.h"
#include "common/storage/posix_file.h"

#include <filesystem>
#include <numeric>

namespace consilium {
namespace {

std::string OfAll(std::int64_t some, std::int64_t rest) {
  return std::to_string(some).append(" of ").append(std::to_string(some + rest));
}

}  // namespace

std::vector<std::string> SetAsideLines(const Dataset& data, const std::string& list) {
  if (data.set_aside.empty()) return {};
  Indices usable(data.samples.size());
  std::iota(usable.begin(), usable.end(), 0);
  const auto images = static_cast<std::int64_t>(data.set_aside.size());
  std::string all = OfAll(images, static_cast<std::int64_t>(usable.size()));
  all.append(" images are set aside, they cannot be read");
  std::vector<std::string> lines{""};
  for (std::size_t j = 0; j < data.tasks.size(); ++j) {
    const std::string& task = data.tasks[j].id.str();
    const std::int64_t lost = CountSetAside(data, j);
    const std::int64_t left = CountLabelled(data, usable, j);
    if (lost == 0) continue;
    all.append("; ").append(task).append(": ").append(OfAll(lost, left)).append(" labelled");
    if (left > 0) continue;
    std::string none = "task ";
    none.append(task).append(": no labelled image can be read, the site cannot train it");
    lines.push_back(std::move(none));
  }
  lines.front() = all.append("; see ").append(list);
  return lines;
}

Status WriteSetAsideList(const Dataset& data, const std::string& list) {
  if (data.set_aside.empty()) return RemoveFile(list);
  std::string text;
  for (const SetAsideImage& image : data.set_aside) text.append(image.reason).append("\n");
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(list).parent_path().string()));
  return WriteFileAtomically(list, AsBytes(text));
}

}  // namespace consilium
