#include "common/nn/initial_values.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace consilium {
namespace {

double FanOf(const torch::Tensor& value, Fan fan) {
  const std::int64_t across = fan == Fan::kOut ? value.size(0) : value.size(1);
  const std::int64_t receptive_field = value[0][0].numel();
  return static_cast<double>(across * receptive_field);
}

}  // namespace

at::Generator MakeGenerator(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

void FillConvolutional(std::string_view name, torch::Tensor& value, Fan fan,
                       at::Generator generator) {
  if (value.dim() >= 2) {
    value.normal_(0, std::sqrt(2 / FanOf(value, fan)), std::move(generator));
  } else {
    value.fill_(name.ends_with(".weight") ? 1 : 0);
  }
}

void FillXavierUniform(torch::Tensor& value, at::Generator generator) {
  const double bound = std::sqrt(6 / (FanOf(value, Fan::kIn) + FanOf(value, Fan::kOut)));
  value.uniform_(-bound, bound, std::move(generator));
}

}  // namespace consilium
