/// One step of all parameters of a backbone: FusedOptimizer beside torch::optim::Adam.
///
///   build/release/bench/optimizer_bench --benchmark_repetitions=7
#include "common/nn/backbone.h"
#include "common/training/fused_optimizer.h"

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/optim/adam.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace consilium {
namespace {

using Tensors = std::vector<torch::Tensor>;

/// Parameters as they are while training, and a gradient for each.
struct Case {
  Tensors parameters;
  Tensors gradients;
  std::int64_t elements = 0;
};

Case MakeCase(const char* backbone) {
  const auto net = (*FindBackbone(backbone))->make();
  Case made;
  for (const torch::Tensor& parameter : net->parameters()) {
    torch::Tensor own = parameter.detach();
    if (own.dim() == 4) own = own.contiguous(torch::MemoryFormat::ChannelsLast);
    made.gradients.push_back(torch::randn_like(own) * 1e-2);
    made.parameters.push_back(own.set_requires_grad(true));
    made.elements += own.numel();
  }
  return made;
}

void Give(const Tensors& parameters, const Tensors& gradients) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].mutable_grad() = gradients[i];
  }
}

/// Both are given gradients within the measured time, because one of them drops them.
template <typename Step>
void Measure(benchmark::State& state, const Case& made, const Step& step) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Give(made.parameters, made.gradients);
    step();
  }
  state.SetItemsProcessed(state.iterations() * made.elements);
}

void BM_LibTorchAdam(benchmark::State& state, const char* backbone) {
  const Case made = MakeCase(backbone);
  torch::optim::Adam optimizer(made.parameters, torch::optim::AdamOptions(1e-3).weight_decay(1e-4));
  Measure(state, made, [&] { optimizer.step(); });
}

void Fused(benchmark::State& state, const char* backbone, bool plain) {
  const Case made = MakeCase(backbone);
  std::vector<OptimizedParameter> parameters;
  for (const torch::Tensor& parameter : made.parameters) {
    parameters.push_back({parameter, parameter});
  }
  FusedOptimizer optimizer(parameters, {.weight_decay = 1e-4, .plain = plain});
  Measure(state, made, [&] { optimizer.Step(1e-3); });
}
void BM_FusedAdam(benchmark::State& state, const char* backbone) { Fused(state, backbone, false); }
void BM_PlainAdam(benchmark::State& state, const char* backbone) { Fused(state, backbone, true); }

void BM_FusedAdamBFloat16(benchmark::State& state, const char* backbone) {
  Case made = MakeCase(backbone);
  std::vector<OptimizedParameter> parameters;
  for (std::size_t i = 0; i < made.parameters.size(); ++i) {
    const torch::Tensor master = made.parameters[i].detach();
    made.parameters[i] = master.to(torch::kBFloat16).set_requires_grad(true);
    made.gradients[i] = made.gradients[i].to(torch::kBFloat16);
    parameters.push_back({made.parameters[i], master});
  }
  FusedOptimizer optimizer(parameters, {.weight_decay = 1e-4});
  Measure(state, made, [&] { optimizer.Step(1e-3); });
}

void Threads(benchmark::internal::Benchmark* run) {
  run->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(BM_LibTorchAdam, resnet18, "resnet18")->Apply(Threads);
BENCHMARK_CAPTURE(BM_LibTorchAdam, densenet121, "densenet121")->Apply(Threads);
BENCHMARK_CAPTURE(BM_PlainAdam, resnet18, "resnet18")->Apply(Threads);
BENCHMARK_CAPTURE(BM_PlainAdam, densenet121, "densenet121")->Apply(Threads);
BENCHMARK_CAPTURE(BM_FusedAdam, resnet18, "resnet18")->Apply(Threads);
BENCHMARK_CAPTURE(BM_FusedAdam, densenet121, "densenet121")->Apply(Threads);
BENCHMARK_CAPTURE(BM_FusedAdamBFloat16, resnet18, "resnet18")->Apply(Threads);
BENCHMARK_CAPTURE(BM_FusedAdamBFloat16, densenet121, "densenet121")->Apply(Threads);

}  // namespace
}  // namespace consilium

BENCHMARK_MAIN();
