#include "simulations/benchmark/matrix_product.h"

#include "common/nn/torch_guard.h"

#include <ATen/Context.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace consilium {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSamples = 5;
/// Of one sample on a GPU, whose products are too short to be timed one by one.
constexpr int kProductsOnGpu = 10;
/// A type without instructions of its own takes seconds for one product: no more of them then.
constexpr double kLongEnough = 2.0;

class ShortFloatsOnGpu {
 public:
  ShortFloatsOnGpu() : before_(at::globalContext().allowTF32CuBLAS()) {
    at::globalContext().setAllowTF32CuBLAS(true);
  }
  ~ShortFloatsOnGpu() { at::globalContext().setAllowTF32CuBLAS(before_); }
  ShortFloatsOnGpu(const ShortFloatsOnGpu&) = delete;
  ShortFloatsOnGpu& operator=(const ShortFloatsOnGpu&) = delete;

 private:
  bool before_;
};

void Finish(c10::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

double SecondsOf(int products, const torch::Tensor& left, const torch::Tensor& right,
                 torch::Tensor& result) {
  const auto start = Clock::now();
  for (int i = 0; i < products; ++i) torch::mm_out(result, left, right);
  Finish(left.device());
  return std::chrono::duration<double>(Clock::now() - start).count() / products;
}

}  // namespace

Result<double> MatrixProductRate(c10::Device device, c10::ScalarType type, std::int64_t side) {
  return GuardTorch("multiplying matrices", [&] {
    const torch::NoGradGuard no_gradient;
    std::optional<ShortFloatsOnGpu> short_floats;
    if (device.is_cuda()) short_floats.emplace();
    const auto options = torch::TensorOptions().dtype(type).device(device);
    // Small numbers, which no type overflows at; zeros would be faster than work is on GPUs.
    const torch::Tensor left =
        torch::linspace(-1, 1, side * side, torch::kFloat32).view({side, side}).to(options);
    const torch::Tensor right = left.t().contiguous();
    torch::Tensor result = torch::empty({side, side}, options);
    const int products = device.is_cuda() ? kProductsOnGpu : 1;
    SecondsOf(1, left, right, result);
    double best = INFINITY;
    double spent = 0;
    for (int sample = 0; sample < kSamples && spent < kLongEnough; ++sample) {
      const double seconds = SecondsOf(products, left, right, result);
      best = std::min(best, seconds);
      spent += seconds * products;
    }
    return 2 * std::pow(static_cast<double>(side), 3) / best;
  });
}

}  // namespace consilium
