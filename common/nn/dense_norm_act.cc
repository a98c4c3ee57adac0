#include "common/nn/dense_norm_act.h"

#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <utility>

namespace consilium {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// relu(map * weight + bias) of maps side by side. Variables: weight, bias, maps.
class ScaleRelu : public torch::autograd::Function<ScaleRelu> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& weight,
                               const torch::Tensor& bias, at::TensorList maps) {
    std::vector<std::int64_t> shape = maps[0].sizes().vec();
    shape[1] = weight.numel();
    torch::Tensor y =
        torch::empty(shape, maps[0].options().memory_format(torch::MemoryFormat::ChannelsLast));
    std::int64_t begin = 0;
    for (const torch::Tensor& map : maps) {
      const std::int64_t width = map.size(1);
      ApplyNorm(map, AffineOf(weight, bias, begin, width), Activation::kRelu, {},
                y.narrow(1, begin, width));
      begin += width;
    }
    variable_list saved{weight, bias};
    saved.insert(saved.end(), maps.begin(), maps.end());
    context->save_for_backward(std::move(saved));
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& weight = saved[0];
    const torch::Tensor& bias = saved[1];
    const torch::Tensor dy = InRows(gradients[0], saved[2].scalar_type());
    PerChannel dweight;
    PerChannel dbias;
    dweight.reserve(weight.numel());
    dbias.reserve(weight.numel());
    variable_list result(saved.size());
    std::int64_t begin = 0;
    for (std::size_t i = 2; i < saved.size(); ++i) {
      const std::int64_t width = saved[i].size(1);
      const ChannelAffine affine = AffineOf(weight, bias, begin, width);
      result[i] = RowsLike(saved[i]);
      const GradientSums sums = SumGradients(dy.narrow(1, begin, width), saved[i], {}, affine,
                                             Activation::kRelu, result[i], affine.scale);
      dweight.insert(dweight.end(), sums.product.begin(), sums.product.end());
      dbias.insert(dbias.end(), sums.gradient.begin(), sums.gradient.end());
      begin += width;
    }
    result[0] = FromValues(dweight, weight.scalar_type());
    result[1] = FromValues(dbias, bias.scalar_type());
    return result;
  }

 private:
  static ChannelAffine AffineOf(const torch::Tensor& weight, const torch::Tensor& bias,
                                std::int64_t begin, std::int64_t width) {
    return {PerChannel(width), ValuesOf(weight.narrow(0, begin, width)),
            ValuesOf(bias.narrow(0, begin, width))};
  }
};

void Join(PerChannel& all, const PerChannel& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

DenseFeatures::DenseFeatures(const torch::Tensor& first, const torch::nn::BatchNorm2dImpl& reader)
    : standardised_(CanFuse(reader, first)), epsilon_(reader.options.eps()) {
  Append(first);
}

void DenseFeatures::Append(const torch::Tensor& map) {
  if (!standardised_) {
    maps_.push_back(map);
    return;
  }
  const torch::Tensor rows =
      InRows(map, maps_.empty() ? map.scalar_type() : maps_[0].scalar_type());
  const BatchMoments moments = MomentsOf(rows);
  moments_.pixels = moments.pixels;
  Join(moments_.mean, moments.mean);
  Join(moments_.variance, moments.variance);
  maps_.push_back(Standardised(rows, moments, epsilon_));
}

torch::Tensor DenseFeatures::NormRelu(torch::nn::BatchNorm2dImpl& norm) const {
  if (!standardised_) return NormAct(norm, at::cat(maps_, 1), Activation::kRelu);
  TrackMoments(norm, moments_);
  return ScaleRelu::apply(norm.weight, norm.bias, at::TensorList(maps_));
}

}  // namespace consilium
