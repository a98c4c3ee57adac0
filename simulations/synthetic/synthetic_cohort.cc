#include "simulations/synthetic/synthetic_cohort.h"

#include "common/data/intensity.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <string>
#include <string_view>
#include <thread>

namespace consilium {
namespace {

constexpr int kFewestPatients = 8;
constexpr double kMostScale = 10;

/// Patients of a center in the published lists. A center labels one task only.
struct CenterRow {
  std::string_view name;
  int mild;
  int severe;
  int scored;             ///< with Brixia scores
  double severity_shift;  ///< of the center's patients, in standard deviations
};

constexpr std::array<CenterRow, 9> kCenters = {{
    {"A", 35, 85, 0, 0.0},
    {"AGFA", 0, 0, 576, 0.2},
    {"B", 59, 45, 0, 0.0},
    {"C", 70, 81, 0, 0.0},
    {"CARESTREAM", 0, 0, 1805, -0.1},
    {"D", 76, 63, 0, 0.0},
    {"E", 55, 46, 0, 0.0},
    {"F", 544, 426, 0, 0.0},
    {"SIEMENS", 0, 0, 2197, 0.0},
}};

int Scaled(int patients, double scale) {
  return std::max(kFewestPatients, static_cast<int>(std::lround(patients * scale)));
}

Status CheckOptions(const SyntheticOptions& options, const std::vector<TaskSpec>& tasks) {
  if (!(options.scale > 0 && options.scale <= kMostScale)) {
    return InvalidArgument("scale: must be above 0 and at most 10");
  }
  if (options.image_size < 16 || options.image_size > 2048) {
    return InvalidArgument("image-size: " + std::to_string(options.image_size) +
                           " is out of range, expected 16 to 2048");
  }
  if (options.threads < 1) return InvalidArgument("threads: must be at least 1");
  for (const TaskSpec& task : tasks) {
    const bool prognosis =
        task.id.str() == "prognosis" && task.kind == TaskKind::kClasses && task.classes.size() == 2;
    const bool brixia = task.id.str() == "brixia" && task.kind != TaskKind::kClasses &&
                        task.zones == synthetic::kZones && task.levels == 4;
    if (!prognosis && !brixia) {
      return InvalidArgument("task '" + task.id.str() +
                             "': the synthetic cohort has no such labels, expected prognosis with "
                             "two classes or brixia with six zones of 0-3");
    }
  }
  return OkStatus();
}

std::string Hex12(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 44; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 0xFU];
  return text;
}

class CenterPlanner {
 public:
  CenterPlanner(const CenterRow& row, const SyntheticOptions& options,
                const std::vector<TaskSpec>& tasks)
      : row_(row),
        options_(options),
        tasks_(tasks),
        acquisition_(synthetic::CenterAcquisition(options.seed, row.name)) {}

  std::vector<SyntheticFilm> Plan() && {
    if (row_.scored > 0) {
      const auto patients = static_cast<std::uint64_t>(Scaled(row_.scored, options_.scale));
      for (std::uint64_t k = 0; k < patients; ++k) Add(Draw(k));
    } else {
      FillBothClasses();
    }
    // By name, a hash: the order of drawing would tell which class was full first.
    std::sort(films_.begin(), films_.end(), [](const SyntheticFilm& a, const SyntheticFilm& b) {
      return a.sample.image < b.sample.image;
    });
    return std::move(films_);
  }

 private:
  synthetic::Patient Draw(std::uint64_t number) const {
    return synthetic::DrawPatient(options_.seed, row_.name, number, row_.severity_shift);
  }

  /// Takes patients in turn, passing over those whose class is full: within a class, patients are
  /// as likely as anywhere; only the balance is the center's own.
  void FillBothClasses() {
    int mild = Scaled(row_.mild, options_.scale);
    int severe = Scaled(row_.severe, options_.scale);
    for (std::uint64_t k = 0; mild > 0 || severe > 0; ++k) {
      const synthetic::Patient patient = Draw(k);
      int& wanted = patient.severe ? severe : mild;
      if (wanted == 0) continue;
      --wanted;
      Add(patient);
    }
  }

  std::uint64_t Stream(std::string_view purpose, std::string_view number,
                       std::string_view visit = "") const {
    return StreamSeed(options_.seed, {"synthetic", purpose, row_.name, number, visit});
  }

  void Add(const synthetic::Patient& patient) {
    const std::string number = std::to_string(patient.number);
    for (std::size_t v = 0; v < patient.visits.size(); ++v) {
      const std::string visit = std::to_string(v);
      SyntheticFilm film;
      film.sample.image = "images/" + Hex12(Stream("image", number, visit)) + ".png";
      film.sample.patient = Hex12(Stream("patient id", number));
      film.sample.center = row_.name;
      for (const TaskSpec& task : tasks_) {
        film.sample.labels.push_back(LabelOf(task, patient, patient.visits[v]));
      }
      film.disease = patient.visits[v];
      film.acquisition = acquisition_;
      film.seeds = {Stream("build", number), Stream("film", number, visit)};
      films_.push_back(std::move(film));
    }
  }

  std::vector<int> LabelOf(const TaskSpec& task, const synthetic::Patient& patient,
                           const synthetic::ZoneDisease& disease) const {
    const bool scored = row_.scored > 0;
    if (task.kind != TaskKind::kClasses) {
      return scored ? synthetic::BrixiaScores(disease) : std::vector<int>{};
    }
    return scored ? std::vector<int>{} : std::vector<int>{patient.severe ? 1 : 0};
  }

  const CenterRow& row_;
  const SyntheticOptions& options_;
  const std::vector<TaskSpec>& tasks_;
  synthetic::Acquisition acquisition_;
  std::vector<SyntheticFilm> films_;
};

}  // namespace

Result<std::vector<SyntheticFilm>> PlanSyntheticCohort(const SyntheticOptions& options,
                                                       const std::vector<TaskSpec>& tasks) {
  CONSILIUM_RETURN_IF_ERROR(CheckOptions(options, tasks));
  std::vector<SyntheticFilm> films;
  for (const CenterRow& row : kCenters) {
    std::vector<SyntheticFilm> of_center = CenterPlanner(row, options, tasks).Plan();
    std::move(of_center.begin(), of_center.end(), std::back_inserter(films));
  }
  return films;
}

std::vector<std::uint16_t> Paint(const SyntheticFilm& film, int size) {
  return synthetic::PaintFilm(film.disease, film.acquisition, film.seeds, size);
}

Result<Dataset> MakeSyntheticCohort(const SyntheticOptions& options,
                                    const std::vector<TaskSpec>& tasks) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<SyntheticFilm> films,
                             PlanSyntheticCohort(options, tasks));
  const auto count = static_cast<std::int64_t>(films.size());
  const auto pixels =
      static_cast<std::size_t>(options.image_size) * static_cast<std::size_t>(options.image_size);
  Dataset dataset;
  dataset.tasks = tasks;
  for (const SyntheticFilm& film : films) dataset.samples.push_back(film.sample);
  dataset.images = torch::empty({count, options.image_size, options.image_size}, torch::kFloat32);
  float* const images = dataset.images.data_ptr<float>();
  std::atomic<std::size_t> next{0};
  const auto paint_some = [&] {
    for (std::size_t i = next++; i < films.size(); i = next++) {
      const std::vector<std::uint16_t> film = Paint(films[i], options.image_size);
      const std::span<float> image(images + i * pixels, pixels);
      std::copy(film.begin(), film.end(), image.begin());
      ScaleToUnit(image, DisplayRange(image));
    }
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < options.threads; ++i) helpers.emplace_back(paint_some);
  paint_some();
  helpers.clear();
  return dataset;
}

}  // namespace consilium
