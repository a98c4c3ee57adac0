#include "common/nn/initial_values.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace consilium {

at::Generator MakeGenerator(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

double FanOf(const torch::Tensor& weight, Fan fan) {
  const std::int64_t across = fan == Fan::kOut ? weight.size(0) : weight.size(1);
  const std::int64_t receptive_field = weight[0][0].numel();
  return static_cast<double>(across * receptive_field);
}

void FillUniform(torch::Tensor& value, double bound, at::Generator generator) {
  value.uniform_(-bound, bound, std::move(generator));
}

void FillVector(std::string_view name, torch::Tensor& value) {
  value.fill_(name.ends_with(".weight") ? 1 : 0);
}

void FillConvolutional(std::string_view name, torch::Tensor& value, Fan fan,
                       at::Generator generator) {
  if (value.dim() >= 2) {
    value.normal_(0, std::sqrt(2 / FanOf(value, fan)), std::move(generator));
  } else {
    FillVector(name, value);
  }
}

void FillXavierUniform(torch::Tensor& value, at::Generator generator) {
  const double bound = std::sqrt(6 / (FanOf(value, Fan::kIn) + FanOf(value, Fan::kOut)));
  FillUniform(value, bound, std::move(generator));
}

}  // namespace consilium
