/// Batch normalisation, residual addition and ReLU, forward and back: fused against LibTorch's
/// operations. Arguments: channels, height (width), threads; batches of 16.
///
///   build/release/tests/norm_act_bench --benchmark_repetitions=9

#include "common/nn/compute.h"
#include "common/nn/norm_act.h"

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

namespace consilium {
namespace {

torch::Tensor Composition(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                          const torch::Tensor& residual) {
  torch::Tensor out = norm.forward(x);
  out += residual;
  return torch::relu_(out);
}

torch::Tensor Fused(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                    const torch::Tensor& residual) {
  return NormAct(norm, x, Activation::kRelu, residual);
}

using Layer = torch::Tensor (*)(torch::nn::BatchNorm2dImpl&, const torch::Tensor&,
                                const torch::Tensor&);

void ForwardAndBack(benchmark::State& state, Layer layer, torch::ScalarType type) {
  at::set_num_threads(static_cast<int>(state.range(2)));
  const std::int64_t channels = state.range(0);
  const auto images = [&] {
    return torch::randn({16, channels, state.range(1), state.range(1)})
        .to(type)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  };
  torch::nn::BatchNorm2d norm(channels);
  const torch::Tensor x = images().requires_grad_();
  const torch::Tensor residual = images().requires_grad_();
  const torch::Tensor gradient = images();
  for (auto _ : state) {
    layer(*norm, x, residual).backward(gradient);
    x.mutable_grad().reset();
    residual.mutable_grad().reset();
  }
  state.SetBytesProcessed(state.iterations() * x.numel() * x.element_size());
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t threads : {1, 2}) {
    for (const auto& [channels, height] :
         {std::pair{64, 112}, std::pair{256, 56}, std::pair{512, 28}, std::pair{2048, 7}}) {
      benchmark->Args({channels, height, threads});
    }
  }
  benchmark->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(ForwardAndBack, composition_bfloat16, Composition, torch::kBFloat16)
    ->Apply(Shapes);
BENCHMARK_CAPTURE(ForwardAndBack, fused_bfloat16, Fused, torch::kBFloat16)->Apply(Shapes);
BENCHMARK_CAPTURE(ForwardAndBack, composition_float32, Composition, torch::kFloat32)->Apply(Shapes);
BENCHMARK_CAPTURE(ForwardAndBack, fused_float32, Fused, torch::kFloat32)->Apply(Shapes);

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  consilium::KeepFreedMemory();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
