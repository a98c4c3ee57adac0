#include "common/base/random_stream.h"

#include "common/base/check.h"

#include <cmath>
#include <numbers>

namespace consilium {
namespace {

std::uint64_t Mix(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return hash;
}

}  // namespace

std::uint64_t StreamSeed(std::uint64_t seed, std::initializer_list<std::string_view> names) {
  std::uint64_t mixed = Mix(seed);
  for (const std::string_view name : names) {
    mixed = Mix(mixed ^ Fnv1a(name));
  }
  return mixed;
}

std::uint64_t RandomStream::Next() {
  const std::uint64_t value = Mix(state_);
  state_ += 0x9E3779B97F4A7C15ULL;
  return value;
}

double RandomStream::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::Below(std::uint64_t bound) {
  CONSILIUM_CHECK(bound > 0);
  const std::uint64_t rejected_below = (0 - bound) % bound;
  while (true) {
    const std::uint64_t value = Next();
    if (value >= rejected_below) return value % bound;
  }
}

double RandomStream::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

}  // namespace consilium
