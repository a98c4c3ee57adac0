#include "simulations/report/write_report.h"

#include "common/storage/file_io.h"
#include "simulations/report/markup.h"
#include "simulations/report/page.h"
#include "simulations/report/study_record.h"
#include "simulations/report/table_files.h"

#include <filesystem>
#include <set>
#include <system_error>

namespace consilium {
namespace {

namespace fs = std::filesystem;

Status WriteText(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path, AsBytes(text));
}

Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return InvalidArgument(path + ": cannot be made: " + error.message());
  return OkStatus();
}

Status WriteTables(const StudyRecord& study, const std::string& folder, const std::string& prefix) {
  for (const TaskResults& results : ResultsOf(study.summary)) {
    const std::string name =
        Concat({folder, "/", prefix, PlainName(results.protocol), "_", PlainName(results.task)});
    CONSILIUM_RETURN_IF_ERROR(WriteText(Concat({name, ".csv"}), FormatTableCsv(results)));
    for (const ShownMetric& metric : results.metrics) {
      CONSILIUM_RETURN_IF_ERROR(
          WriteText(Concat({name, "_", metric.name, ".tex"}), FormatTableLatex(results, metric)));
    }
  }
  return OkStatus();
}

Result<std::vector<StudyRecord>> ReadStudies(const std::vector<std::string>& folders) {
  std::vector<StudyRecord> studies;
  std::set<std::string> names;
  std::set<fs::path> paths;
  for (const std::string& folder : folders) {
    CONSILIUM_ASSIGN_OR_RETURN(StudyRecord study, ReadStudy(folder));
    std::error_code error;
    if (!paths.insert(fs::weakly_canonical(folder, error)).second) {
      return InvalidArgument(folder + ": is named twice");
    }
    // Folders of the same name are told apart by the path that was given.
    if (names.contains(study.name)) study.name = folder;
    names.insert(study.name);
    studies.push_back(std::move(study));
  }
  return studies;
}

}  // namespace

Status WriteReport(const std::vector<std::string>& folders, std::string out) {
  if (folders.empty()) return InvalidArgument("report: no folder given, expected that of a study");
  if (out.empty()) {
    if (folders.size() > 1) {
      return InvalidArgument("out: expected --out FILE.html for a comparison of several studies");
    }
    out = folders.front() + "/report.html";
  }
  if (!out.ends_with(".html")) return InvalidArgument(out + ": out: expected a name in .html");
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<StudyRecord> studies, ReadStudies(folders));
  const Page page = studies.size() == 1 ? StudyPage(studies.front()) : ComparisonPage(studies);
  const std::string beside = out.substr(0, out.size() - std::string_view(".html").size());
  CONSILIUM_RETURN_IF_ERROR(MakeFolder(beside + "/figures"));
  CONSILIUM_RETURN_IF_ERROR(MakeFolder(beside + "/tables"));
  for (const Figure& figure : page.figures) {
    CONSILIUM_RETURN_IF_ERROR(
        WriteText(Concat({beside, "/figures/", figure.name, ".svg"}), figure.svg));
  }
  for (const NamedTable& named : page.tables) {
    const std::string path = Concat({beside, "/tables/", named.name});
    CONSILIUM_RETURN_IF_ERROR(WriteText(Concat({path, ".csv"}), FormatPlainCsv(named.table)));
    CONSILIUM_RETURN_IF_ERROR(WriteText(Concat({path, ".tex"}), FormatPlainLatex(named.table)));
  }
  for (std::size_t s = 0; s < studies.size(); ++s) {
    const std::string prefix =
        studies.size() == 1 ? ""
                            : Concat({std::to_string(s + 1), "_", PlainName(studies[s].name), "_"});
    CONSILIUM_RETURN_IF_ERROR(WriteTables(studies[s], beside + "/tables", prefix));
  }
  return WriteText(out, page.html);
}

}  // namespace consilium
