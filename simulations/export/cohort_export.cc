#include "simulations/export/cohort_export.h"

#include "common/imaging/picture_writer.h"
#include "common/storage/file_io.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>

namespace consilium {
namespace {

Status MakeFolders(const std::string& folder) {
  std::error_code fault;
  if (std::filesystem::exists(folder + "/manifest.csv", fault)) {
    return InvalidArgument(folder + ": holds a manifest already, expected a new or empty folder");
  }
  std::filesystem::create_directories(folder + "/images", fault);
  if (!fault) return OkStatus();
  return InvalidArgument(folder + ": cannot be written (" + fault.message() +
                         "), expected a folder that can");
}

std::string ManifestText(const std::vector<SyntheticFilm>& films,
                         const std::vector<TaskSpec>& tasks) {
  std::string text = "image,patient_id,center";
  for (const TaskSpec& task : tasks) text += "," + task.id.str();
  text += '\n';
  for (const SyntheticFilm& film : films) {
    text += film.sample.image + "," + film.sample.patient + "," + film.sample.center;
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      text += ',';
      if (!film.sample.labels[j].empty()) text += FormatLabel(tasks[j], film.sample.labels[j]);
    }
    text += '\n';
  }
  return text;
}

class PictureExport {
 public:
  PictureExport(const std::string& folder, const CohortExportOptions& options,
                const std::vector<SyntheticFilm>& films)
      : folder_(folder), options_(options), films_(films) {}

  Status WriteAll() && {
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < options_.cohort.threads; ++i) {
        others.emplace_back([this] { WriteSome(); });
      }
      WriteSome();
    }
    return fault_;
  }

 private:
  void WriteSome() {
    const int size = options_.cohort.image_size;
    while (!stop_) {
      const std::size_t index = next_++;
      if (index >= films_.size()) return;
      Status status = WritePng(folder_ + "/" + films_[index].sample.image,
                               Paint(films_[index], size), size, size);
      if (options_.interrupt != nullptr && options_.interrupt->Requested()) {
        status = Cancelled("interrupted while writing pictures");
      }
      const std::lock_guard lock(mutex_);
      if (!status.ok()) {
        stop_ = true;
        fault_ = status;
      } else if (options_.on_picture) {
        options_.on_picture(++done_, static_cast<std::int64_t>(films_.size()));
      }
    }
  }

  const std::string& folder_;
  const CohortExportOptions& options_;
  const std::vector<SyntheticFilm>& films_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  ///< guards what follows
  std::int64_t done_ = 0;
  Status fault_;
};

}  // namespace

Status WriteSyntheticCohort(const std::string& folder, const CohortExportOptions& options,
                            const std::vector<TaskSpec>& tasks) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<SyntheticFilm> films,
                             PlanSyntheticCohort(options.cohort, tasks));
  CONSILIUM_RETURN_IF_ERROR(MakeFolders(folder));
  CONSILIUM_RETURN_IF_ERROR(PictureExport(folder, options, films).WriteAll());
  return WriteFileAtomically(folder + "/manifest.csv", AsBytes(ManifestText(films, tasks)));
}

}  // namespace consilium
