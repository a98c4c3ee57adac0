#include "simulations/synthetic/anatomy.h"

#include "simulations/synthetic/ramp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace consilium::synthetic {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float Bump(float distance, float width) {
  const float t = distance / width;
  return 1 / (1 + t * t * t * t);
}

/// Half the width of the trunk at height y: neck, shoulders, flanks.
float TrunkHalfWidth(const Anatomy& a, float y) {
  const float shoulders = Ramp((y + 0.98F) / 0.36F);
  return (0.24F + 0.74F * shoulders - 0.10F * Ramp((y + 0.4F) / 0.9F)) *
         static_cast<float>(a.width);
}

/// The pale bands of ribs: behind (falling outwards) and in front (rising outwards).
float Ribs(const Anatomy& a, float side, float y) {
  const auto spacing = static_cast<float>(a.rib_spacing);
  const auto phase = static_cast<float>(a.rib_phase);
  const float behind = (y + 0.16F * side * (1 - side) - 0.42F * side * side) / spacing + phase;
  const float front = (y - 0.55F * (0.7F - side) * (0.7F - side)) / (1.15F * spacing) + phase;
  const float back_band = Ramp(1.9F * std::cos(2 * kPi * behind) - 0.35F);
  const float front_band = Ramp(1.9F * std::cos(2 * kPi * front) - 0.6F);
  return static_cast<float>(a.rib_contrast) * (back_band + 0.45F * front_band * Ramp(side * 4 - 1));
}

float Clavicle(const Anatomy& a, float side, float y) {
  const float along = (side - 0.06F) / 0.70F;
  const float line =
      static_cast<float>(a.clavicle - a.clavicle_slope * along) - 0.045F * std::sin(kPi * along);
  return 0.16F * Ramp(1.8F - std::abs(y - line) / 0.022F) * Ramp(along * 12) *
         Ramp((1.1F - along) * 8);
}

float Heart(const Anatomy& a, float x, float y) {
  const float dx = x - static_cast<float>(a.heart_x);
  const float dy = y - static_cast<float>(a.heart_y);
  const float u = (0.88F * dx + 0.47F * dy) / static_cast<float>(a.heart_width);
  const float v = (0.88F * dy - 0.47F * dx) / static_cast<float>(a.heart_height);
  return Ramp((1 - u * u - v * v) * 3);
}

}  // namespace

Anatomy DrawAnatomy(RandomStream& random) {
  // Members of a braced list are drawn from left to right.
  return Anatomy{
      .width = random.Uniform(0.90, 1.04),
      .apex = random.Uniform(-0.78, -0.68),
      .rib_phase = random.Uniform(),
      .rib_spacing = random.Uniform(0.155, 0.185),
      .rib_contrast = random.Uniform(0.06, 0.10),
      .tissue = random.Uniform(0.92, 1.08),
      .heart_x = random.Uniform(0.08, 0.14),
      .heart_y = random.Uniform(0.20, 0.28),
      .heart_width = random.Uniform(0.30, 0.40),
      .heart_height = random.Uniform(0.24, 0.30),
      .base = {random.Uniform(0.52, 0.66), random.Uniform(0.58, 0.72)},
      .dome = random.Uniform(0.14, 0.24),
      .clavicle = random.Uniform(-0.62, -0.54),
      .clavicle_slope = random.Uniform(0.10, 0.22),
  };
}

ChestPoint LookAt(const Anatomy& a, float x, float y) {
  ChestPoint point;
  point.left = x > 0;
  const float side = std::abs(x) / static_cast<float>(a.width);

  const float trunk = TrunkHalfWidth(a, y);
  const float inside = Ramp((trunk - std::abs(x)) / 0.03F);
  if (inside <= 0) return point;
  const float across = std::min(1.0F, std::abs(x) / trunk);
  const float thickness = std::sqrt(1 - across * across);

  const auto apex = static_cast<float>(a.apex);
  const float from_dome = (side - 0.42F) / 0.40F;
  const float base = static_cast<float>(a.base[point.left ? 1 : 0]) -
                     static_cast<float>(a.dome) * (1 - std::min(1.0F, from_dome * from_dome));
  point.depth = (y - apex) / (base - apex);
  const float top = std::clamp(point.depth / 0.38F, 0.0F, 1.0F);
  const float round = std::sqrt(1 - (1 - top) * (1 - top));
  const float outer = 0.34F + (0.70F + 0.12F * std::min(1.0F, point.depth) - 0.34F) * round;
  const float inner = 0.34F + (0.15F - 0.34F) * round;
  point.lung = Ramp((outer - side) / 0.05F) * Ramp((side - inner) / 0.05F) *
               Ramp(point.depth / 0.03F) * Ramp((1 - point.depth) / 0.03F);

  const float heart = Heart(a, x, y);
  point.heart = heart;
  const float below = Ramp((point.depth - 1) / 0.04F) * Ramp((y - 0.1F) / 0.2F);
  const float cage = Ramp((outer + 0.06F - side) / 0.03F) * Ramp((point.depth + 0.03F) / 0.05F) *
                     Ramp((1.12F - point.depth) / 0.1F);
  const float ribs = cage > 0 ? cage * Ribs(a, side, y) : 0;
  const float spine =
      side < 0.3F ? Bump(side, 0.075F) * (0.10F + 0.03F * std::cos(2 * kPi * y / 0.13F)) : 0;
  const float clavicle = y < -0.4F ? Clavicle(a, side, y) : 0;
  const float trachea = Bump(side, 0.04F) * Ramp((-0.15F - y) / 0.1F);
  const float knob = Ramp(2 - std::hypot(x - 0.13F, y + 0.22F) / 0.06F);
  const float hilum = Bump(std::hypot((side - 0.20F) * 1.3F, y - 0.02F), 0.09F);

  point.density =
      inside * (static_cast<float>(a.tissue) * (0.30F + 0.24F * thickness) -
                0.34F * point.lung * (1 - 0.6F * heart) + 0.10F * below + spine - 0.09F * trachea +
                0.07F * knob + 0.10F * hilum * point.lung + 0.06F * heart + ribs + clavicle);
  return point;
}

}  // namespace consilium::synthetic
