#include "simulations/study/job_start.h"

#include "simulations/methods/backbone_start.h"
#include "simulations/study/method_requirements.h"

#include <algorithm>

namespace consilium {
namespace {

/// With one task there is nothing to weigh.
bool WeighsTasks(Method method) {
  return method == Method::kMdmtCentral || method == Method::kMdmtAveragedInit ||
         method == Method::kMdmtHarmonised || method == Method::kMdmtNoIndicator;
}

/// The model of one task alone, of the job's seed and fold.
Result<ParameterBlob> SingleTaskModel(const StudyContext& context, const Job& job, std::size_t task,
                                      const JobObserver& observer) {
  const std::size_t target = context.protocols.at(job.seed).target;
  const Job source = SingleTaskJob(*context.dataset, target, job.seed, job.left_out, task);
  return context.shared->Get(source.id, [&] {
    const CentralData data = CentralDataOf(context, source);
    CentralFit fit = FitOf(context, source, data);
    const std::string what = context.dataset->tasks[task].id.str() + " alone, epoch";
    fit.on_step = [&](double, int epoch) { observer(0, StepText(what, epoch, fit.epochs)); };
    return FitCentrally(*data.dataset, data.train, data.validation, fit);
  });
}

/// Whether another method of the study begins from this job's model.
bool IsShared(const StudyContext& context, const Job& job) {
  return job.method == Method::kStl &&
         std::ranges::any_of(context.options.methods, BeginsFromSingleTask);
}

}  // namespace

std::string StepText(std::string_view what, int step, int planned) {
  return std::string(what) + " " + std::to_string(std::min(step + 1, planned)) + "/" +
         std::to_string(planned);
}

CentralFit FitOf(const StudyContext& context, const Job& job, const CentralData& data) {
  CentralFit fit;
  fit.plan = PlanOf(context, job, data.dataset->tasks);
  fit.epochs = CentralEpochs(context.options);
  fit.stream = job.id;
  fit.net = context.net;
  fit.compute = context.options.compute;
  fit.interrupt = context.interrupt;
  if (WeighsTasks(job.method)) fit.weighting = context.options.task_weighting;
  return fit;
}

Result<ParameterBlob> StartOf(const StudyContext& context, const Job& job,
                              const JobObserver& observer) {
  if (!BeginsFromSingleTask(job.method)) return ParameterBlob();
  const std::size_t target = context.protocols.at(job.seed).target;
  const std::size_t second = SecondTask(*context.dataset, target);
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob other, SingleTaskModel(context, job, second, observer));
  CONSILIUM_ASSIGN_OR_RETURN(other, BackboneOf(other));
  if (job.method == Method::kTransfer) return other;
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob own, SingleTaskModel(context, job, target, observer));
  CONSILIUM_ASSIGN_OR_RETURN(own, BackboneOf(own));
  return AveragedBackbone(own, other, context.options.beta);
}

Result<FittedModel> FitJob(const StudyContext& context, const Job& job, const CentralData& data,
                           const CentralFit& fit) {
  const auto train = [&] { return FitCentrally(*data.dataset, data.train, data.validation, fit); };
  return IsShared(context, job) ? context.shared->Renew(job.id, train) : train();
}

}  // namespace consilium
