#include "simulations/study/central_data.h"

#include "simulations/methods/dataset_views.h"

#include <algorithm>

namespace consilium {
namespace {

bool TrainsIn(const Fold& fold, const std::string& center) {
  return std::ranges::any_of(fold.sites,
                             [&](const SiteSplit& site) { return site.center == center; });
}

/// The images of a job's place, whatever their labels.
CentralData PlaceOf(const FoldSet& protocol, const Job& job) {
  CentralData data;
  if (job.method == Method::kLocal) {
    const Split& split = FindSite(protocol, job.left_out, job.site)->split;
    data.train = split.train;
    data.validation = split.validation;
    if (!job.left_out.empty()) data.tests = {job.left_out};
    for (const Fold& fold : protocol.folds) {
      if (job.left_out.empty() && TrainsIn(fold, job.site)) data.tests.push_back(fold.name);
    }
  } else {
    const Fold& fold = *FindFold(protocol, job.left_out);
    data.train = PooledTraining(fold);
    data.validation = PooledValidation(fold);
    data.tests = {job.left_out};
  }
  return data;
}

}  // namespace

CentralData CentralDataOf(const StudyContext& context, const Job& job) {
  const Dataset& cohort = *context.dataset;
  const FoldSet& protocol = context.protocols.at(job.seed);
  CentralData data = PlaceOf(protocol, job);
  const std::size_t task = TaskOf(job, cohort, protocol.target);
  const auto keep = [&](const auto& with_labels) {
    data.train = with_labels(data.train);
    data.validation = with_labels(data.validation);
  };
  const auto of_task = [&](const Indices& images) { return WithLabel(cohort, images, task); };
  const auto of_all = [&](const Indices& images) { return WithEveryLabel(cohort, images); };
  switch (job.method) {
    case Method::kLocal:
    case Method::kStl:
    case Method::kTransfer:
      data.dataset = SingleTaskView(cohort, task);
      keep(of_task);
      break;
    case Method::kMdmtNoSharing:
      data.dataset = OneTaskLabelsView(cohort, task);
      keep(of_task);
      break;
    case Method::kMdmtNoIndicator:
      data.dataset = ZeroFilledView(cohort);
      data.tested = context.dataset;
      break;
    case Method::kMdmtHarmonised:
      data.dataset = context.dataset;
      keep(of_all);
      break;
    case Method::kMdmtCentral:
    case Method::kMdmtAveragedInit:
    case Method::kMdmtFederated:
      data.dataset = context.dataset;
      break;
  }
  if (data.tested == nullptr) data.tested = data.dataset;
  return data;
}

}  // namespace consilium
