#include "common/nn/norm_act.h"

#include "common/nn/activations.h"
#include "common/nn/checkpoint.h"

#include <ATen/Context.h>
#include <ATen/ops/batch_norm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// norm(x); its running statistics hear of a batch once.
torch::Tensor Normalised(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x) {
  if (!Recomputing() || !norm.is_training()) return norm.forward(x);
  return torch::batch_norm(x, norm.weight, norm.bias, {}, {}, /*training=*/true, /*momentum=*/0,
                           norm.options.eps(), at::globalContext().userEnabledCuDNN());
}

/// LibTorch's operations, in place where no gradient needs what is overwritten.
torch::Tensor Composed(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                       Activation activation, const torch::Tensor& residual) {
  torch::Tensor out = Normalised(norm, x);
  if (residual.defined()) out += residual;
  return Activate(activation, std::move(out));
}

void MoveTowards(torch::Tensor& running, const PerChannel& values, double share, double factor) {
  const torch::Tensor value = FromValues(values, torch::kFloat64).mul_(share * factor);
  running.mul_(1 - share).add_(value);
}

/// The layer as a node of the gradient graph. Variables: x, weight, bias, residual.
class FusedNormAct : public torch::autograd::Function<FusedNormAct> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const c10::optional<torch::Tensor>& residual,
                               const BatchMoments& moments, double epsilon, Activation activation) {
    PerChannel deviations;  // inverse
    deviations.reserve(moments.variance.size());
    for (const double variance : moments.variance) {
      deviations.push_back(1 / std::sqrt(variance + epsilon));
    }
    const ChannelAffine affine = AffineOf(weight, bias, moments.mean, deviations);
    torch::Tensor y = RowsLike(x);
    ApplyNorm(x, affine, activation, residual.value_or(torch::Tensor()), y);
    context->save_for_backward({x, weight, bias, FromValues(moments.mean, torch::kFloat64),
                                FromValues(deviations, torch::kFloat64),
                                residual ? y : torch::Tensor()});
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const torch::Tensor& bias = saved[2];
    const torch::Tensor& y = saved[5];
    const PerChannel deviations = ValuesOf(saved[4]);
    const ChannelAffine affine = AffineOf(weight, bias, ValuesOf(saved[3]), deviations);
    auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());

    torch::Tensor gradient = InRows(gradients[0], x.scalar_type());
    const torch::Tensor of_residual = y.defined() ? RowsLike(x) : torch::Tensor();
    GradientSums sums = SumGradients(gradient, x, y, affine, activation, of_residual,
                                     PerChannel(deviations.size(), 1.0));
    if (y.defined()) {
      gradient = of_residual;
      activation = Activation::kNone;
    }
    const torch::Tensor dx = RowsLike(x);
    ApplyInputGradient(gradient, x, affine, activation,
                       CoefficientsOf(affine.scale, deviations, sums, x.numel() / x.size(1)), dx);
    for (std::size_t c = 0; c < deviations.size(); ++c) sums.product[c] *= deviations[c];
    return {dx,
            FromValues(sums.product, weight.scalar_type()),
            FromValues(sums.gradient, bias.scalar_type()),
            of_residual,
            {},
            {},
            {}};
  }

 private:
  static ChannelAffine AffineOf(const torch::Tensor& weight, const torch::Tensor& bias,
                                PerChannel mean, const PerChannel& deviations) {
    ChannelAffine affine{std::move(mean), ValuesOf(weight), ValuesOf(bias)};
    for (std::size_t c = 0; c < deviations.size(); ++c) affine.scale[c] *= deviations[c];
    return affine;
  }

  /// Mean and deviation depend on x too: what they would gain is taken from g * scale.
  static InputCoefficients CoefficientsOf(const PerChannel& scale, const PerChannel& deviations,
                                          const GradientSums& sums, std::int64_t pixels) {
    InputCoefficients coefficients{scale, {}, {}};
    coefficients.of_deviation.reserve(scale.size());
    coefficients.constant.reserve(scale.size());
    for (std::size_t c = 0; c < scale.size(); ++c) {
      const double share = scale[c] / static_cast<double>(pixels);
      const double slope = deviations[c] * deviations[c] * sums.product[c];
      coefficients.of_deviation.push_back(-share * slope);
      coefficients.constant.push_back(-share * sums.gradient[c]);
    }
    return coefficients;
  }
};

}  // namespace

bool CanFuse(const torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x) {
  if (!norm.is_training() || !x.is_cpu() || !norm.weight.defined() || !RowsApart(x)) return false;
  const torch::ScalarType type = x.scalar_type();
  const bool known = type == torch::kBFloat16 || type == torch::kFloat32 || type == torch::kFloat64;
  const torch::ScalarType kept = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  // LibTorch refuses a single value per channel, and another number of channels.
  return known && norm.weight.scalar_type() == kept && x.size(1) == norm.weight.numel() &&
         x.numel() > x.size(1);
}

void TrackMoments(torch::nn::BatchNorm2dImpl& norm, const BatchMoments& moments) {
  if (!norm.running_mean.defined() || Recomputing()) return;
  const torch::NoGradGuard no_gradient;
  norm.num_batches_tracked += 1;
  const auto momentum = norm.options.momentum();
  const double share = momentum ? *momentum : 1 / norm.num_batches_tracked.item<double>();
  const auto pixels = static_cast<double>(moments.pixels);
  MoveTowards(norm.running_mean, moments.mean, share, 1);
  MoveTowards(norm.running_var, moments.variance, share, pixels / (pixels - 1));
}

torch::Tensor NormAct(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                      Activation activation, const torch::Tensor& residual) {
  // The slope of silu needs its argument, which with a residual nothing keeps.
  const bool sums_before_silu = residual.defined() && activation == Activation::kSilu;
  if (sums_before_silu || !CanFuse(norm, x)) return Composed(norm, x, activation, residual);
  c10::optional<torch::Tensor> added;
  if (residual.defined()) added = InRows(residual.expand_as(x), x.scalar_type());
  const BatchMoments moments = MomentsOf(x);
  TrackMoments(norm, moments);
  return FusedNormAct::apply(x, norm.weight, norm.bias, added, moments, norm.options.eps(),
                             activation);
}

torch::Tensor Standardised(const torch::Tensor& x, const BatchMoments& moments, double epsilon) {
  const torch::ScalarType type =
      x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  const torch::Tensor ones = torch::ones({x.size(1)}, type);
  return FusedNormAct::apply(x, ones, torch::zeros_like(ones), c10::nullopt, moments, epsilon,
                             Activation::kNone);
}

}  // namespace consilium
