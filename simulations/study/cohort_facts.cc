#include "simulations/study/cohort_facts.h"

#include "common/base/bytes.h"
#include "common/data/splits.h"

#include <cstdio>
#include <set>

namespace consilium {
namespace {

class Fingerprint {
 public:
  void Add(ByteView bytes) {
    for (const std::byte byte : bytes) {
      state_ = (state_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3ULL;
    }
  }
  void Add(const std::string& text) {
    Add(AsBytes(text));
    Add(AsBytes(std::string_view("\0", 1)));
  }
  std::string Text() const {
    char text[24];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(state_));
    return text;
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

std::string LabelCounts(const Dataset& dataset, const Indices& indices, std::size_t task) {
  const std::int64_t labelled = CountLabelled(dataset, indices, task);
  std::string text = std::to_string(labelled);
  const TaskSpec& spec = dataset.tasks[task];
  if (spec.kind != TaskKind::kClasses || labelled == 0) return text;
  const std::vector<std::int64_t> counts = CountClasses(dataset, indices, task);
  text += " (";
  for (std::size_t c = 0; c < counts.size(); ++c) {
    text += (c > 0 ? ", " : "") + std::to_string(counts[c]) + " " + spec.classes[c];
  }
  return text + ")";
}

}  // namespace

Table CenterTable(const Dataset& dataset) {
  Table table;
  table.header = {"center", "images", "patients"};
  table.text_columns = 1;
  for (const TaskSpec& task : dataset.tasks) table.header.push_back(task.id.str());
  for (const auto& [center, indices] : GroupByCenter(dataset)) {
    std::set<std::string_view> patients;
    for (const std::int64_t i : indices) {
      patients.insert(dataset.samples[static_cast<std::size_t>(i)].patient);
    }
    std::vector<std::string> cells = {center, std::to_string(indices.size()),
                                      std::to_string(patients.size())};
    for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
      cells.push_back(LabelCounts(dataset, indices, j));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string CohortFingerprint(const Dataset& dataset) {
  Fingerprint fingerprint;
  for (const TaskSpec& task : dataset.tasks) fingerprint.Add(task.id.str());
  for (const Sample& sample : dataset.samples) {
    for (const std::string& text : {sample.image, sample.patient, sample.center}) {
      fingerprint.Add(text);
    }
    for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
      fingerprint.Add(sample.labels[j].empty() ? ""
                                               : FormatLabel(dataset.tasks[j], sample.labels[j]));
    }
  }
  const torch::Tensor pixels = dataset.images.contiguous();
  fingerprint.Add(ByteView(static_cast<const std::byte*>(pixels.data_ptr()), pixels.nbytes()));
  return fingerprint.Text();
}

}  // namespace consilium
