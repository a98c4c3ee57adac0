#include "common/data/augment.h"

#include "common/base/check.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace consilium {
namespace {

constexpr double kReferenceSize = 256;  // the size that alpha and sigma are given for
constexpr double kElasticSigma = 7;

std::vector<float> GaussianKernel(double sigma) {
  const auto radius = static_cast<std::int64_t>(std::ceil(3 * sigma));
  std::vector<float> kernel;
  float sum = 0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    const double x = static_cast<double>(i) / sigma;
    kernel.push_back(static_cast<float>(std::exp(-0.5 * x * x)));
    sum += kernel.back();
  }
  for (float& value : kernel) value /= sum;
  return kernel;
}

/// out[i] += factor * in[i]: the inner loop of both passes below, contiguous so that it vectorises.
void AddScaled(const float* in, float factor, std::int64_t count, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] += factor * in[i];
}

/// Separable; values beyond the border are zero.
void Smooth(std::vector<float>& field, std::int64_t size, const std::vector<float>& kernel) {
  const std::int64_t radius = static_cast<std::int64_t>(kernel.size()) / 2;
  std::vector<float> rows(field.size(), 0.0F);
  for (std::int64_t y = 0; y < size; ++y) {
    for (std::int64_t k = -radius; k <= radius; ++k) {
      const std::int64_t first = std::max<std::int64_t>(0, -k);
      const std::int64_t last = std::min(size, size - k);
      if (first >= last) continue;
      AddScaled(&field[y * size + first + k], kernel[k + radius], last - first,
                &rows[y * size + first]);
    }
  }
  std::fill(field.begin(), field.end(), 0.0F);
  for (std::int64_t y = 0; y < size; ++y) {
    for (std::int64_t k = -radius; k <= radius; ++k) {
      if (y + k < 0 || y + k >= size) continue;
      AddScaled(&rows[(y + k) * size], kernel[k + radius], size, &field[y * size]);
    }
  }
}

/// Smooth random displacements along one axis, in pixels. Smoothing over sigma pixels shrinks white
/// noise by 1 / sigma: the second factor `scale` makes the deformation alike at every image size.
std::vector<float> Displacements(RandomStream& random, std::int64_t size, double alpha) {
  const double scale = static_cast<double>(size) / kReferenceSize;
  const double amplitude = alpha * scale * scale;
  std::vector<float> field(static_cast<std::size_t>(size * size));
  for (float& value : field) value = static_cast<float>(random.Uniform(-1, 1) * amplitude);
  Smooth(field, size, GaussianKernel(kElasticSigma * scale));
  return field;
}

/// From a place in the result to the place in the image that shows there, both from the centre.
struct Affine {
  double xx, xy, yx, yy, x0, y0;
};

Affine SourceOf(const Augmentation& a, std::int64_t size) {
  const double angle = a.degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle) / a.zoom;
  const double sine = std::sin(angle) / a.zoom;
  const double mirror = a.flip ? -1 : 1;
  const double dx = a.shift_x * static_cast<double>(size);
  const double dy = a.shift_y * static_cast<double>(size);
  Affine m{mirror * cosine, -mirror * sine, sine, cosine, 0, 0};
  m.x0 = -m.xx * dx - m.xy * dy;
  m.y0 = -m.yx * dx - m.yy * dy;
  return m;
}

float Bilinear(const float* image, std::int64_t size, float x, float y) {
  const float edge = static_cast<float>(size - 1);
  x = std::clamp(x, 0.0F, edge);
  y = std::clamp(y, 0.0F, edge);
  const auto left = static_cast<std::int64_t>(x);
  const auto top = static_cast<std::int64_t>(y);
  const std::int64_t right = std::min(left + 1, size - 1);
  const std::int64_t bottom = std::min(top + 1, size - 1);
  const float fx = x - static_cast<float>(left);
  const float fy = y - static_cast<float>(top);
  const float* upper = image + top * size;
  const float* lower = image + bottom * size;
  const float above = upper[left] + fx * (upper[right] - upper[left]);
  const float below = lower[left] + fx * (lower[right] - lower[left]);
  return above + fy * (below - above);
}

}  // namespace

Augmentation DrawAugmentation(RandomStream& random) {
  Augmentation a;
  if (random.Bernoulli(0.5)) {
    a.shift_x = random.Uniform(-0.1, 0.1);
    a.shift_y = random.Uniform(-0.1, 0.1);
  }
  if (random.Bernoulli(0.5)) a.zoom = random.Uniform(0.9, 1.1);
  a.flip = random.Bernoulli(0.5);
  if (random.Bernoulli(0.5)) a.degrees = static_cast<double>(random.Below(21)) - 10;
  if (random.Bernoulli(0.5)) {
    a.elastic_alpha = random.Uniform(20, 40);
    a.elastic_seed = random.Next();
  }
  return a;
}

std::vector<Augmentation> DrawAugmentations(std::size_t count, RandomStream& random) {
  std::vector<Augmentation> drawn;
  drawn.reserve(count);
  for (std::size_t i = 0; i < count; ++i) drawn.push_back(DrawAugmentation(random));
  return drawn;
}

void ApplyAugmentation(const Augmentation& augmentation, std::int64_t size,
                       std::span<const float> image, std::span<float> result) {
  CONSILIUM_CHECK(static_cast<std::int64_t>(image.size()) == size * size);
  CONSILIUM_CHECK(image.size() == result.size());
  const bool elastic = augmentation.elastic_alpha > 0;
  std::vector<float> move_x;
  std::vector<float> move_y;
  if (elastic) {
    RandomStream random(augmentation.elastic_seed);
    move_x = Displacements(random, size, augmentation.elastic_alpha);
    move_y = Displacements(random, size, augmentation.elastic_alpha);
  }
  const Affine m = SourceOf(augmentation, size);
  const double centre = static_cast<double>(size - 1) / 2;
  for (std::int64_t row = 0; row < size; ++row) {
    for (std::int64_t column = 0; column < size; ++column) {
      const std::int64_t at = row * size + column;
      double x = static_cast<double>(column) - centre;
      double y = static_cast<double>(row) - centre;
      if (elastic) {
        x += move_x[at];
        y += move_y[at];
      }
      result[at] =
          Bilinear(image.data(), size, static_cast<float>(m.xx * x + m.xy * y + m.x0 + centre),
                   static_cast<float>(m.yx * x + m.yy * y + m.y0 + centre));
    }
  }
}

}  // namespace consilium
