#include "simulations/methods/central_fit.h"

#include "common/base/random_stream.h"
#include "common/nn/state.h"
#include "common/training/evaluate.h"
#include "common/training/trainer.h"

namespace consilium {
namespace {

Result<std::optional<double>> ValidationLoss(const MultiTaskNet& net, const Dataset& dataset,
                                             const Indices& validation, const CentralFit& fit) {
  if (validation.empty()) return std::optional<double>();
  EvaluateOptions options;
  options.device = fit.compute.device;
  options.interrupt = fit.interrupt;
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<TaskCounts> counts,
                             Evaluate(net, dataset, validation, options));
  return WeightedLoss(dataset.tasks, counts);
}

}  // namespace

Result<MultiTaskNet> BeginningOf(const CentralFit& fit) {
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, FirstNet(fit.net, fit.plan));
  if (fit.start.layout != nullptr) CONSILIUM_RETURN_IF_ERROR(WriteState(*net, fit.start));
  return net;
}

Result<FittedModel> FitCentrally(const Dataset& dataset, const Indices& train,
                                 const Indices& validation, const CentralFit& fit) {
  FittedModel model;
  CONSILIUM_ASSIGN_OR_RETURN(model.net, BeginningOf(fit));
  int epoch = 0;
  Trainer::Options options;
  options.training = fit.plan.training;
  options.compute = fit.compute;
  options.weighting = fit.weighting;
  options.make_replica = [&fit] { return fit.net.make(fit.plan); };
  options.interrupt = fit.interrupt;
  options.on_step = [&](std::int64_t done, std::int64_t planned) {
    if (fit.on_step && planned > 0) {
      fit.on_step(epoch + static_cast<double>(done) / static_cast<double>(planned), epoch);
    }
  };
  Trainer trainer(model.net, dataset, train, options);
  ValidationMonitor monitor(fit.plan.schedule, fit.plan.training.learning_rate);
  ParameterBlob best = ReadState(*model.net);
  for (; epoch < fit.epochs && !monitor.should_stop(); ++epoch) {
    const std::uint64_t seed =
        StreamSeed(fit.plan.seed, {fit.stream, "epoch", std::to_string(epoch)});
    CONSILIUM_RETURN_IF_ERROR(trainer.RunEpoch(monitor.learning_rate(), seed).status());
    CONSILIUM_ASSIGN_OR_RETURN(const std::optional<double> loss,
                               ValidationLoss(model.net, dataset, validation, fit));
    model.losses.push_back(loss);
    if (monitor.Observe(epoch, loss)) best = ReadState(*model.net);
  }
  CONSILIUM_RETURN_IF_ERROR(WriteState(*model.net, best));
  model.best_epoch = monitor.best_step();
  model.best_loss = monitor.best_loss();
  model.epochs_run = epoch;
  return model;
}

}  // namespace consilium
