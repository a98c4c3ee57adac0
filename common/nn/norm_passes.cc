#include "common/nn/norm_passes.h"

#include "common/base/check.h"
#include "common/kernels/norm_loops.h"
#include "common/nn/parallel_for.h"

#include <algorithm>

namespace consilium {
namespace {

/// A block is small enough for float sums and for every thread to get some, and large enough that
/// merging is cheap.
constexpr std::int64_t kBlockElements = 32'768;
constexpr std::int64_t kFewestRows = 64;
constexpr std::int64_t kMostRows = 512;

Extent ExtentOf(const torch::Tensor& images) {
  return {images.size(0) * images.size(2) * images.size(3), images.size(1)};
}

/// The rows, cut into blocks of nearly equal size.
class Blocks {
 public:
  explicit Blocks(Extent extent) : extent_(extent) {
    const std::int64_t rows = std::clamp(kBlockElements / extent.channels, kFewestRows, kMostRows);
    count_ = (extent.rows + rows - 1) / rows;
  }
  std::int64_t count() const { return count_; }
  std::int64_t Begin(std::int64_t block) const { return extent_.rows * block / count_; }
  Extent Of(std::int64_t block) const {
    return {Begin(block + 1) - Begin(block), extent_.channels};
  }
  /// Calls `body(block)` for every block, on all threads.
  template <typename Body>
  void ForEach(const Body& body) const {
    ParallelFor(count_, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) body(block);
    });
  }

 private:
  Extent extent_;
  std::int64_t count_ = 0;
};

/// Calls `body` with a value of the loops' type for LibTorch's.
template <typename Body>
void ForType(torch::ScalarType type, const Body& body) {
  switch (type) {
    case torch::kBFloat16:
      return body(BFloat16());
    case torch::kFloat32:
      return body(0.0F);
    case torch::kFloat64:
      return body(0.0);
    default:
      CONSILIUM_CHECK(false);
  }
}

/// The block from `row` on; without data if `images` is undefined.
template <typename T>
Rows<T> RowsFrom(const torch::Tensor& images, std::int64_t row) {
  if (!images.defined()) return {};
  const std::int64_t stride = RowsApart(images).value();
  return {static_cast<T*>(images.data_ptr()) + row * stride, stride};
}

template <typename T>
std::vector<T> Converted(const PerChannel& values) {
  return {values.begin(), values.end()};
}

template <typename W>
struct AffineValues {
  explicit AffineValues(const ChannelAffine& affine)
      : centre(Converted<W>(affine.mean)), scale(Converted<W>(affine.scale)) {
    shift.reserve(centre.size());
    for (std::size_t c = 0; c < centre.size(); ++c) {
      // The part of the mean that W cannot hold.
      const double rest = affine.mean[c] - static_cast<double>(centre[c]);
      shift.push_back(static_cast<W>(affine.shift[c] - rest * affine.scale[c]));
    }
  }
  Affine<W> view() const { return {centre.data(), scale.data(), shift.data()}; }

  std::vector<W> centre;
  std::vector<W> scale;
  std::vector<W> shift;
};

}  // namespace

PerChannel ValuesOf(const torch::Tensor& channels) {
  const torch::Tensor values = channels.to(torch::kFloat64).contiguous();
  const auto* first = values.data_ptr<double>();
  return {first, first + values.numel()};
}

torch::Tensor FromValues(const PerChannel& values, torch::ScalarType type) {
  return torch::tensor(values, torch::kFloat64).to(type);
}

std::optional<std::int64_t> RowsApart(const torch::Tensor& images) {
  if (images.dim() != 4 || images.numel() == 0) return std::nullopt;
  if (images.size(1) > 1 && images.stride(1) != 1) return std::nullopt;
  // Row-major over N, H, W: a dimension of one element may have any stride.
  std::int64_t apart = 0;
  std::int64_t inner = 1;
  for (const std::int64_t dim : {3, 2, 0}) {
    if (images.size(dim) == 1) continue;
    if (apart == 0) apart = images.stride(dim);
    if (images.stride(dim) != apart * inner) return std::nullopt;
    inner *= images.size(dim);
  }
  if (apart == 0) return images.size(1);
  return apart < images.size(1) ? std::nullopt : std::optional(apart);
}

torch::Tensor InRows(const torch::Tensor& images, torch::ScalarType type) {
  if (images.scalar_type() == type && RowsApart(images)) return images;
  return images.to(type).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor RowsLike(const torch::Tensor& images) {
  if (images.is_non_overlapping_and_dense()) return torch::empty_like(images);
  return torch::empty(images.sizes(),
                      images.options().memory_format(torch::MemoryFormat::ChannelsLast));
}

BatchMoments MomentsOf(const torch::Tensor& x) {
  const Extent extent = ExtentOf(x);
  const Blocks blocks(extent);
  PerChannel means(blocks.count() * extent.channels);
  PerChannel squares(means.size());
  ForType(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    blocks.ForEach([&](std::int64_t block) {
      const std::int64_t at = block * extent.channels;
      BlockMoments(blocks.Of(block), RowsFrom<const T>(x, blocks.Begin(block)), &means[at],
                   &squares[at]);
    });
  });
  for (std::int64_t block = 1; block < blocks.count(); ++block) {
    const std::int64_t at = block * extent.channels;
    MergeMoments(extent.channels, static_cast<double>(blocks.Begin(block)),
                 static_cast<double>(blocks.Of(block).rows), &means[at], &squares[at], means.data(),
                 squares.data());
  }
  means.resize(extent.channels);
  squares.resize(extent.channels);
  for (double& square : squares) square /= static_cast<double>(extent.rows);
  return {extent.rows, std::move(means), std::move(squares)};
}

void ApplyNorm(const torch::Tensor& x, const ChannelAffine& affine, Activation activation,
               const torch::Tensor& residual, const torch::Tensor& y) {
  const Blocks blocks(ExtentOf(x));
  ForType(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    const AffineValues<Wide<T>> values(affine);
    blocks.ForEach([&](std::int64_t block) {
      const std::int64_t row = blocks.Begin(block);
      NormActForward(blocks.Of(block), RowsFrom<const T>(x, row), values.view(), activation,
                     RowsFrom<const T>(residual, row), RowsFrom<T>(y, row));
    });
  });
}

GradientSums SumGradients(const torch::Tensor& dy, const torch::Tensor& x, const torch::Tensor& y,
                          const ChannelAffine& affine, Activation activation,
                          const torch::Tensor& out, const PerChannel& factor) {
  const Extent extent = ExtentOf(x);
  const Blocks blocks(extent);
  PerChannel sums(blocks.count() * extent.channels);
  PerChannel products(sums.size());
  ForType(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    const AffineValues<Wide<T>> values(affine);
    const std::vector<Wide<T>> factors = Converted<Wide<T>>(factor);
    blocks.ForEach([&](std::int64_t block) {
      const std::int64_t row = blocks.Begin(block);
      const std::int64_t at = block * extent.channels;
      NormActBackwardSums(blocks.Of(block),
                          Incoming<T>{RowsFrom<const T>(dy, row), RowsFrom<const T>(x, row),
                                      RowsFrom<const T>(y, row)},
                          values.view(), activation, &sums[at], &products[at],
                          Scaled<T>{RowsFrom<T>(out, row), factors.data()});
    });
    for (std::int64_t block = 1; block < blocks.count(); ++block) {
      const std::int64_t at = block * extent.channels;
      for (std::int64_t c = 0; c < extent.channels; ++c) {
        sums[c] += sums[at + c];
        products[c] += products[at + c];
      }
    }
    sums.resize(extent.channels);
    products.resize(extent.channels);
    for (std::int64_t c = 0; c < extent.channels; ++c) {
      products[c] -= sums[c] * (affine.mean[c] - static_cast<double>(values.centre[c]));
    }
  });
  return {std::move(sums), std::move(products)};
}

void ApplyInputGradient(const torch::Tensor& dy, const torch::Tensor& x,
                        const ChannelAffine& affine, Activation activation,
                        const InputCoefficients& coefficients, const torch::Tensor& dx) {
  const Blocks blocks(ExtentOf(x));
  ForType(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    using W = Wide<T>;
    const AffineValues<W> values(affine);
    // The same form once more: what the rounded mean leaves out joins the constant.
    const AffineValues<W> of_deviation(
        {affine.mean, coefficients.of_deviation, coefficients.constant});
    const std::vector<W> of_gradient = Converted<W>(coefficients.of_gradient);
    blocks.ForEach([&](std::int64_t block) {
      const std::int64_t row = blocks.Begin(block);
      NormActBackward(blocks.Of(block),
                      Incoming<T>{RowsFrom<const T>(dy, row), RowsFrom<const T>(x, row), {}},
                      values.view(), activation,
                      InputGradient<W>{of_gradient.data(), of_deviation.scale.data(),
                                       of_deviation.shift.data()},
                      RowsFrom<T>(dx, row));
    });
  });
}

}  // namespace consilium
