/// Named streams of random numbers, the same on every machine and standard library.
///
///   RandomStream augment(StreamSeed(run_seed, {"augment", site, "round 3"}));
///
/// One stream per purpose: adding a draw to one never shifts another. The standard library's
/// distributions differ between implementations, so the few that are needed are written here.
/// Threads: a stream belongs to one thread.
/// Source: splitmix64 (Steele, Lea, Flood 2014) for seeds and numbers, FNV-1a for names.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace consilium {

/// The seed of the stream `names` below `seed`; differs for every list of names, their order
/// included.
std::uint64_t StreamSeed(std::uint64_t seed, std::initializer_list<std::string_view> names);

class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next();
  /// Uniform in [0, 1), 53 bits.
  double Uniform();
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  /// Uniform in [0, bound), without modulo bias. Requires bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  /// Mean 0, standard deviation 1 (Box-Muller).
  double Normal();
  bool Bernoulli(double probability) { return Uniform() < probability; }

  /// Fisher-Yates, from the last element down.
  template <typename T>
  void Shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[Below(i)]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace consilium
