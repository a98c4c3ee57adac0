#include "simulations/synthetic/chest_film.h"

#include "simulations/synthetic/anatomy.h"
#include "simulations/synthetic/ramp.h"
#include "simulations/synthetic/value_noise.h"

#include <algorithm>
#include <cmath>

namespace consilium::synthetic {
namespace {

constexpr float kMostGrey = 4095;
constexpr float kMidDensity = 0.45F;  ///< unchanged by contrast
constexpr float kCurveSteps = 4096;
constexpr float kFaintest = 0.25F;    ///< disease below this leaves no trace
constexpr float kDensest = 0.29F;     ///< density that the worst disease adds: a white lung
constexpr float kZoneBlend = 0.035F;  ///< half the depth over which neighbouring zones mix

/// Disease at a depth of one lung, mixed where two zones meet.
float DiseaseAt(const ZoneDisease& disease, bool left, float depth) {
  const std::size_t first = left ? 3 : 0;
  const float upper = Ramp((depth - 1.0F / 3) / (2 * kZoneBlend) + 0.5F);
  const float lower = Ramp((depth - 2.0F / 3) / (2 * kZoneBlend) + 0.5F);
  const auto top = static_cast<float>(disease[first]);
  const auto middle = static_cast<float>(disease[first + 1]);
  const auto bottom = static_cast<float>(disease[first + 2]);
  return top + upper * (middle - top) + lower * (bottom - middle);
}

/// Nearly normal noise of standard deviation 1: the sum of four uniform 16-bit numbers.
float FastNormal(RandomStream& random) {
  const std::uint64_t bits = random.Next();
  const auto sum = static_cast<float>((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) +
                                      ((bits >> 32) & 0xFFFF) + (bits >> 48));
  return (sum - 131'070.0F) * (1.7320508F / 65'535.0F);
}

class FilmPainter {
 public:
  FilmPainter(const ZoneDisease& disease, const Acquisition& center, FilmSeeds seeds)
      : disease_(disease),
        center_(center),
        build_(seeds.build),
        film_(seeds.film),
        anatomy_(DrawAnatomy(build_)),
        vessels_(34, build_),
        placement_(DrawPlacement(center, film_)),
        patches_(9, film_),
        fine_patches_(24, film_),
        cos_tilt_(static_cast<float>(std::cos(placement_.tilt))),
        sin_tilt_(static_cast<float>(std::sin(placement_.tilt))),
        contrast_(static_cast<float>(center.contrast)),
        offset_(kMidDensity * (1 - contrast_) + static_cast<float>(center.exposure)) {
    for (float step = 0; step <= kCurveSteps; ++step) {
      gamma_curve_.push_back(std::pow(step / kCurveSteps, static_cast<float>(center.gamma)));
    }
  }

  /// Grey in 0..1 at film coordinates.
  float Grey(float x, float y) {
    if (MarkerAt(center_, x, y) > 0) return 1;
    if (std::max(std::abs(x), std::abs(y)) > 1 - center_.border) return 0;
    const float exposed = std::clamp(Density(x, y) * contrast_ + offset_, 0.0F, 1.0F);
    return gamma_curve_[static_cast<std::size_t>(exposed * kCurveSteps)] +
           static_cast<float>(center_.noise) * FastNormal(film_);
  }

 private:
  float Density(float film_x, float film_y) const {
    const float zoom = static_cast<float>(placement_.zoom);
    const float dx = zoom * film_x - static_cast<float>(placement_.shift_x);
    const float dy = zoom * film_y - static_cast<float>(placement_.shift_y);
    const float x = cos_tilt_ * dx + sin_tilt_ * dy;
    const float y = cos_tilt_ * dy - sin_tilt_ * dx;
    const ChestPoint point = LookAt(anatomy_, x, y);
    if (point.lung <= 0) return 0.03F + point.density;
    const float vessel = 0.05F * (vessels_.At(x, y) - 0.5F);
    return 0.03F + point.density + point.lung * (vessel + Opacity(point, x, y));
  }

  /// Patches where the texture exceeds a threshold that falls as the disease grows.
  float Opacity(const ChestPoint& point, float x, float y) const {
    const float disease = DiseaseAt(disease_, point.left, point.depth);
    if (disease <= kFaintest) return 0;
    const float extent = (disease - kFaintest) / (3 - kFaintest);
    const float texture = 0.62F * patches_.At(x, y) + 0.38F * fine_patches_.At(x, y);
    const float covered = Ramp((texture - 0.74F + 0.72F * extent) / 0.42F);
    return kDensest * (0.35F + 0.65F * extent) * covered * (1 - 0.7F * point.heart);
  }

  const ZoneDisease& disease_;
  const Acquisition& center_;
  RandomStream build_;
  RandomStream film_;
  Anatomy anatomy_;
  ValueNoise vessels_;
  Placement placement_;
  ValueNoise patches_;
  ValueNoise fine_patches_;
  float cos_tilt_;
  float sin_tilt_;
  float contrast_;
  float offset_;
  std::vector<float> gamma_curve_;
};

}  // namespace

std::vector<std::uint16_t> PaintFilm(const ZoneDisease& disease, const Acquisition& center,
                                     FilmSeeds seeds, int size) {
  FilmPainter painter(disease, center, seeds);
  std::vector<std::uint16_t> pixels;
  pixels.reserve(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
  const float step = 2.0F / static_cast<float>(size);
  for (int row = 0; row < size; ++row) {
    const float y = (static_cast<float>(row) + 0.5F) * step - 1;
    for (int column = 0; column < size; ++column) {
      const float x = (static_cast<float>(column) + 0.5F) * step - 1;
      const float grey = std::clamp(painter.Grey(x, y), 0.0F, 1.0F);
      pixels.push_back(static_cast<std::uint16_t>(std::lround(grey * kMostGrey)));
    }
  }
  return pixels;
}

}  // namespace consilium::synthetic
