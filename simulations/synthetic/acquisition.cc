#include "simulations/synthetic/acquisition.h"

#include <array>

namespace consilium::synthetic {
namespace {

constexpr int kGlyphColumns = 5;
constexpr int kGlyphRows = 7;
/// One row a byte, the leftmost column in bit 4.
constexpr std::array<std::uint8_t, kGlyphRows> kLetterL = {0x10, 0x10, 0x10, 0x10,
                                                           0x10, 0x10, 0x1F};
constexpr std::array<std::uint8_t, kGlyphRows> kLetterR = {0x1E, 0x11, 0x11, 0x1E,
                                                           0x14, 0x12, 0x11};

}  // namespace

Acquisition CenterAcquisition(std::uint64_t seed, std::string_view center) {
  RandomStream random(StreamSeed(seed, {"synthetic", "acquisition", center}));
  Acquisition a{
      .contrast = random.Uniform(0.75, 1.25),
      .gamma = random.Uniform(0.75, 1.35),
      .exposure = random.Uniform(-0.06, 0.06),
      .noise = random.Uniform(0.008, 0.030),
      .field = random.Uniform(0.92, 1.10),
      .border = random.Bernoulli(0.5) ? random.Uniform(0.02, 0.07) : 0.0,
      .marker = random.Bernoulli(0.5) ? 'L' : 'R',
      .marker_x = random.Uniform(0.74, 0.84),
      .marker_y = random.Uniform(-0.90, -0.70),
      .marker_size = random.Uniform(0.012, 0.020),
  };
  if (a.marker == 'R') a.marker_x = -a.marker_x - kGlyphColumns * a.marker_size;
  return a;
}

Placement DrawPlacement(const Acquisition& center, RandomStream& random) {
  return Placement{
      .shift_x = 0.03 * random.Normal(),
      .shift_y = 0.03 * random.Normal(),
      .tilt = 0.03 * random.Normal(),
      .zoom = center.field * random.Uniform(0.97, 1.03),
  };
}

float MarkerAt(const Acquisition& center, float x, float y) {
  const auto column = (x - center.marker_x) / center.marker_size;
  const auto row = (y - center.marker_y) / center.marker_size;
  if (column < 0 || row < 0 || column >= kGlyphColumns || row >= kGlyphRows) return 0;
  const auto& glyph = center.marker == 'L' ? kLetterL : kLetterR;
  const int bits = glyph[static_cast<std::size_t>(row)];
  return static_cast<float>((bits >> (kGlyphColumns - 1 - static_cast<int>(column))) & 1);
}

}  // namespace consilium::synthetic
