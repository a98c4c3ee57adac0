#include "simulations/study/method_requirements.h"

#include "simulations/methods/dataset_views.h"

#include <string>

namespace consilium {
namespace {

Status Refused(Method method, const std::string& reason) {
  std::string text("methods: ");
  return InvalidArgument(text.append(ToString(method)).append(" ").append(reason));
}

Status CheckFold(Method method, const Dataset& dataset, const FoldSet& protocol, const Fold& fold) {
  const Indices train = PooledTraining(fold);
  if (method == Method::kMdmtHarmonised && WithEveryLabel(dataset, train).empty()) {
    return Refused(method, "trains on images with labels of all tasks; without '" + fold.name +
                               "' no training image has them");
  }
  if (!BeginsFromSingleTask(method)) return OkStatus();
  const std::size_t second = SecondTask(dataset, protocol.target);
  if (WithLabel(dataset, train, second).empty()) {
    return Refused(method, "begins from a model of '" + dataset.tasks[second].id.str() +
                               "'; without '" + fold.name + "' no training image has its label");
  }
  return OkStatus();
}

}  // namespace

bool BeginsFromSingleTask(Method method) {
  return method == Method::kTransfer || method == Method::kMdmtAveragedInit;
}

std::size_t SecondTask(const Dataset& dataset, std::size_t target) {
  std::size_t task = 0;
  while (task == target && task + 1 < dataset.tasks.size()) ++task;
  return task;
}

Status CheckMethods(const StudyOptions& options, const Dataset& dataset,
                    const Protocols& protocols) {
  for (const Method method : options.methods) {
    if (BeginsFromSingleTask(method) && dataset.tasks.size() != 2) {
      return Refused(method,
                     "needs two tasks, the cohort has " + std::to_string(dataset.tasks.size()));
    }
    for (const auto& [seed, protocol] : protocols) {
      for (const Fold& fold : protocol.folds) {
        CONSILIUM_RETURN_IF_ERROR(CheckFold(method, dataset, protocol, fold));
      }
    }
  }
  return OkStatus();
}

}  // namespace consilium
