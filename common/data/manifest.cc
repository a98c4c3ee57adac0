#include "common/data/manifest.h"

#include "common/data/csv.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <unordered_map>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1'000'000'000;
constexpr std::size_t kMaxRows = 10'000'000;
constexpr std::size_t kMaxCenterLength = 64;

std::string Quoted(std::string_view text) { return std::string("'").append(text).append("'"); }

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// What is wrong with an image's path, and what was expected; empty if nothing is.
std::string PathFault(const std::string& image) {
  if (image.empty()) return "is empty, expected a path relative to the manifest's folder";
  if (HasControlCharacter(image)) return "has a control character, expected a plain path";
  const std::filesystem::path path(image);
  if (path.is_absolute()) {
    return Quoted(image) + " is absolute, expected a path relative to the manifest's folder";
  }
  const std::filesystem::path normal = path.lexically_normal();
  if (*normal.begin() == "..") {
    return Quoted(image) + " leaves the manifest's folder, expected a path below it";
  }
  if (!normal.has_filename() || normal == ".") {
    return Quoted(image) + " names a folder, expected a picture's path";
  }
  return {};
}

std::string PatientFault(const std::string& patient) {
  if (patient.empty()) return "is empty, expected the patient's pseudonym";
  if (HasControlCharacter(patient)) return "has a control character, expected plain text";
  return {};
}

/// A center becomes a site's id, part of file names and of certificates.
std::string CenterFault(const std::string& center) {
  const bool plain = std::all_of(center.begin(), center.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (plain && !center.empty() && center.size() <= kMaxCenterLength && center != "." &&
      center != "..") {
    return {};
  }
  return (HasControlCharacter(center) ? "name has a control character" : Quoted(center)) +
         (center.empty() ? " is empty" : " is no center's name") +
         ", expected 1 to 64 of A-Z a-z 0-9 . _ -";
}

class ManifestParser {
 public:
  ManifestParser(std::string_view text, const std::string& path, const std::vector<TaskSpec>& tasks)
      : text_(text), reader_(text, path) {
    manifest_.path = path;
    manifest_.folder = std::filesystem::path(path).parent_path().string();
    if (manifest_.folder.empty()) manifest_.folder = ".";
    manifest_.tasks = tasks;
  }

  Result<Manifest> Parse() && {
    if (const int line = FirstLineThatIsNotText(text_); line > 0) {
      return Fault(line, "row", "has bytes that are no text, expected UTF-8 without NUL");
    }
    CONSILIUM_RETURN_IF_ERROR(ReadHeader());
    CONSILIUM_RETURN_IF_ERROR(ReadRows());
    CONSILIUM_RETURN_IF_ERROR(CheckEveryTaskHasLabels());
    CONSILIUM_RETURN_IF_ERROR(CheckDuplicates());
    CONSILIUM_RETURN_IF_ERROR(CheckPatients());
    CollectWarnings();
    return std::move(manifest_);
  }

 private:
  Status Fault(int line, std::string_view field, std::string_view what) const {
    return InvalidArgument(manifest_.path + ":" + std::to_string(line) + ": " + std::string(field) +
                           ": " + std::string(what));
  }

  Status ReadHeader() {
    CONSILIUM_ASSIGN_OR_RETURN(const bool any, reader_.Next(row_));
    std::vector<std::string> wanted = {"image", "patient_id", "center"};
    for (const TaskSpec& task : manifest_.tasks) wanted.push_back(task.id.str());
    std::string expected = "expected columns ";
    for (const std::string& name : wanted) expected += (&name == &wanted[0] ? "" : ",") + name;
    if (!any) return Fault(1, "header", "the file is empty, " + expected);
    header_width_ = row_.fields.size();
    for (const std::string& name : wanted) {
      const auto found = std::find(row_.fields.begin(), row_.fields.end(), name);
      if (found == row_.fields.end()) {
        const bool semicolons = header_width_ == 1 && row_.fields[0].find(';') != std::string::npos;
        return Fault(row_.line, name,
                     (semicolons ? "fields are parted by semicolons, expected commas; "
                                 : "the column is missing, ") +
                         expected);
      }
      if (std::find(found + 1, row_.fields.end(), name) != row_.fields.end()) {
        return Fault(row_.line, name, "the column is there twice, expected it once");
      }
      columns_.push_back(static_cast<std::size_t>(found - row_.fields.begin()));
    }
    header_line_ = row_.line;
    return OkStatus();
  }

  Status ReadRows() {
    while (true) {
      CONSILIUM_ASSIGN_OR_RETURN(const bool any, reader_.Next(row_));
      if (!any) break;
      if (manifest_.samples.size() == kMaxRows) {
        return Fault(row_.line, "row", "is over the bound, expected at most 10 million rows");
      }
      CONSILIUM_RETURN_IF_ERROR(ReadRow());
    }
    if (!manifest_.samples.empty()) return OkStatus();
    return Fault(header_line_, "row", "there is only a header, expected one row per image");
  }

  Status ReadRow() {
    if (row_.fields.size() != header_width_) {
      return Fault(row_.line, "row",
                   "has " + std::to_string(row_.fields.size()) + " fields, expected " +
                       std::to_string(header_width_) + " as in the header");
    }
    Sample sample;
    sample.image = row_.fields[columns_[0]];
    sample.patient = row_.fields[columns_[1]];
    sample.center = row_.fields[columns_[2]];
    if (auto fault = PathFault(sample.image); !fault.empty()) {
      return Fault(row_.line, "image", fault);
    }
    if (auto fault = PatientFault(sample.patient); !fault.empty()) {
      return Fault(row_.line, "patient_id", fault);
    }
    if (auto fault = CenterFault(sample.center); !fault.empty()) {
      return Fault(row_.line, "center", fault);
    }
    for (std::size_t j = 0; j < manifest_.tasks.size(); ++j) {
      const std::string& text = row_.fields[columns_[3 + j]];
      sample.labels.emplace_back();
      if (text.empty()) continue;
      Result<std::vector<int>> label = ParseLabel(manifest_.tasks[j], text);
      if (!label.ok()) {
        return Fault(row_.line, manifest_.tasks[j].id.str(), label.status().message());
      }
      sample.labels.back() = *std::move(label);
    }
    manifest_.samples.push_back(std::move(sample));
    manifest_.lines.push_back(row_.line);
    return OkStatus();
  }

  Status CheckEveryTaskHasLabels() const {
    for (std::size_t j = 0; j < manifest_.tasks.size(); ++j) {
      const bool any = std::any_of(manifest_.samples.begin(), manifest_.samples.end(),
                                   [j](const Sample& sample) { return !sample.labels[j].empty(); });
      if (!any) {
        return Fault(header_line_, manifest_.tasks[j].id.str(),
                     "no image has a label, expected at least one");
      }
    }
    return OkStatus();
  }

  Status CheckDuplicates() const {
    std::unordered_map<std::string, int> first_line;
    for (std::size_t i = 0; i < manifest_.samples.size(); ++i) {
      const std::string& image = manifest_.samples[i].image;
      const auto [seen, fresh] = first_line.try_emplace(
          std::filesystem::path(image).lexically_normal().string(), manifest_.lines[i]);
      if (!fresh) {
        return Fault(manifest_.lines[i], "image",
                     Quoted(image) + " is in line " + std::to_string(seen->second) +
                         " already, expected each picture once");
      }
    }
    return OkStatus();
  }

  Status CheckPatients() const {
    std::unordered_map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < manifest_.samples.size(); ++i) {
      const Sample& sample = manifest_.samples[i];
      const std::size_t earlier = first.try_emplace(sample.patient, i).first->second;
      if (manifest_.samples[earlier].center != sample.center) {
        return Fault(manifest_.lines[i], "patient_id",
                     "is at center " + Quoted(sample.center) + " here and at center " +
                         Quoted(manifest_.samples[earlier].center) + " in line " +
                         std::to_string(manifest_.lines[earlier]) +
                         ", expected a patient at one center only");
      }
    }
    return OkStatus();
  }

  void CollectWarnings() {
    const auto unlabelled =
        std::count_if(manifest_.samples.begin(), manifest_.samples.end(), [](const Sample& sample) {
          return std::all_of(sample.labels.begin(), sample.labels.end(),
                             [](const auto& label) { return label.empty(); });
        });
    if (unlabelled > 0) {
      manifest_.warnings.push_back(manifest_.path + ": " + std::to_string(unlabelled) +
                                   (unlabelled == 1 ? " image has" : " images have") +
                                   " no label of any task and " +
                                   (unlabelled == 1 ? "trains nothing" : "train nothing"));
    }
    for (std::size_t j = 0; j < manifest_.tasks.size(); ++j) {
      if (manifest_.tasks[j].kind == TaskKind::kClasses) WarnOfSingleClasses(j);
    }
  }

  void WarnOfSingleClasses(std::size_t task) {
    std::map<std::string_view, std::vector<bool>> seen;
    const std::vector<std::string>& classes = manifest_.tasks[task].classes;
    for (const Sample& sample : manifest_.samples) {
      if (sample.labels[task].empty()) continue;
      auto& present = seen.try_emplace(sample.center, classes.size()).first->second;
      present[static_cast<std::size_t>(sample.labels[task][0])] = true;
    }
    for (const auto& [center, present] : seen) {
      if (std::count(present.begin(), present.end(), true) > 1) continue;
      const auto only = std::find(present.begin(), present.end(), true) - present.begin();
      manifest_.warnings.push_back(manifest_.path + ": " + manifest_.tasks[task].id.str() +
                                   ": center " + std::string(center) + ": every image is " +
                                   classes[static_cast<std::size_t>(only)]);
    }
  }

  std::string_view text_;
  CsvReader reader_;
  CsvRow row_;
  Manifest manifest_;
  std::vector<std::size_t> columns_;  ///< of image, patient_id, center, then the tasks
  std::size_t header_width_ = 0;
  int header_line_ = 1;
};

}  // namespace

Result<Manifest> ParseManifest(std::string_view text, const std::string& path,
                               const std::vector<TaskSpec>& tasks) {
  return ManifestParser(text, path, tasks).Parse();
}

Result<Manifest> ReadManifest(const std::string& path, const std::vector<TaskSpec>& tasks) {
  Result<Bytes> bytes = ReadFile(path, kMaxFileBytes);
  // A manifest that is not there is wrong input, not a missing object of a store.
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return ParseManifest(AsText(*bytes), path, tasks);
}

}  // namespace consilium
