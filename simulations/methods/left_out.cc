#include "simulations/methods/left_out.h"

#include "common/nn/state.h"
#include "common/nn/torch_guard.h"

#include <algorithm>
#include <cstring>

namespace consilium {
namespace {

bool IsStatistic(const EntrySpec& entry) { return KindOf(entry) != EntryKind::kParameter; }

/// Statistics and, under fedbn, what else of the normalisations stayed at the sites.
bool IsNormalisation(const EntrySpec& entry) { return IsStatistic(entry) || HeadOf(entry).empty(); }

/// Adds one site's statistics into the sums; `into` has double sums per element of float entries.
void AddStatistics(const ParameterBlob& blob, double weight,
                   std::vector<std::vector<double>>& sums) {
  const Layout& layout = *blob.layout;
  sums.resize(layout.entries().size());
  for (std::size_t e = 0; e < layout.entries().size(); ++e) {
    const std::byte* at = blob.bytes.data() + layout.offset(e);
    const std::size_t count = layout.size(e) / ElementSize(layout.entries()[e].type);
    sums[e].resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (layout.entries()[e].type == ElementType::kFloat32) {
        float value = 0;
        std::memcpy(&value, at + i * sizeof(value), sizeof(value));
        sums[e][i] += weight * value;
      } else if (layout.entries()[e].type == ElementType::kInt64) {
        std::int64_t value = 0;
        std::memcpy(&value, at + i * sizeof(value), sizeof(value));
        sums[e][i] = std::max(sums[e][i], static_cast<double>(value));
      }
    }
  }
}

/// The statistics of all sites as one blob; an empty one if none stayed local.
Result<ParameterBlob> MeanStatistics(const FederatedModel& model, const SitesOfRun& sites) {
  double total = 0;
  for (const auto& [site, local] : model.local) {
    total += static_cast<double>(sites.images.at(site));
  }
  ParameterBlob mean;
  std::vector<std::vector<double>> sums;
  for (const auto& [site, local] : model.local) {
    CONSILIUM_ASSIGN_OR_RETURN(mean, Subset(local, IsNormalisation));
    AddStatistics(mean, static_cast<double>(sites.images.at(site)) / total, sums);
  }
  for (std::size_t e = 0; e < sums.size(); ++e) {
    std::byte* at = mean.bytes.data() + mean.layout->offset(e);
    for (std::size_t i = 0; i < sums[e].size(); ++i) {
      if (mean.layout->entries()[e].type == ElementType::kFloat32) {
        const auto value = static_cast<float>(sums[e][i]);
        std::memcpy(at + i * sizeof(value), &value, sizeof(value));
      } else {
        const auto value = static_cast<std::int64_t>(sums[e][i]);
        std::memcpy(at + i * sizeof(value), &value, sizeof(value));
      }
    }
  }
  return mean;
}

/// Mean over the holders' heads of task `task`.
Result<torch::Tensor> MeanOverHeads(MultiTaskNet net, const FederatedModel& model,
                                    const std::vector<std::string>& holders, std::size_t task,
                                    const Dataset& dataset, const Indices& test,
                                    const EvaluateOptions& options) {
  const TaskId id = dataset.tasks[task].id;
  torch::Tensor sum;
  for (const std::string& site : holders) {
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob head,
                               Subset(model.local.at(site), [&](const EntrySpec& entry) {
                                 return HeadOf(entry) == id && !IsStatistic(entry);
                               }));
    CONSILIUM_RETURN_IF_ERROR(WriteState(*net, head));
    CONSILIUM_ASSIGN_OR_RETURN(const Predictions predictions, Predict(net, dataset, test, options));
    sum = sum.defined() ? sum + predictions[task] : predictions[task];
  }
  return sum / static_cast<double>(holders.size());
}

bool HasLocalHead(const FederatedModel& model, const std::string& site, const TaskId& task) {
  const auto local = model.local.find(site);
  if (local == model.local.end() || !local->second.layout) return false;
  const auto& entries = local->second.layout->entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const EntrySpec& entry) { return HeadOf(entry) == task; });
}

}  // namespace

Result<Predictions> PredictLeftOut(MultiTaskNet net, const FederatedModel& model,
                                   const SitesOfRun& sites, const Dataset& dataset,
                                   const Indices& test, const EvaluateOptions& options) {
  return GuardTorch("prediction of the left-out center", [&]() -> Result<Predictions> {
    CONSILIUM_RETURN_IF_ERROR(WriteState(*net, model.shared));
    const bool any_local = std::any_of(model.local.begin(), model.local.end(), [](const auto& own) {
      return own.second.layout && !own.second.layout->entries().empty();
    });
    if (any_local) {
      CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob statistics, MeanStatistics(model, sites));
      CONSILIUM_RETURN_IF_ERROR(WriteState(*net, statistics));
    }
    CONSILIUM_ASSIGN_OR_RETURN(Predictions predictions, Predict(net, dataset, test, options));
    for (std::size_t j = 0; j < dataset.tasks.size(); ++j) {
      const std::vector<std::string>& holders = sites.task_holders[j];
      if (holders.empty() || !HasLocalHead(model, holders.front(), dataset.tasks[j].id)) continue;
      CONSILIUM_ASSIGN_OR_RETURN(predictions[j],
                                 MeanOverHeads(net, model, holders, j, dataset, test, options));
    }
    return predictions;
  });
}

}  // namespace consilium
