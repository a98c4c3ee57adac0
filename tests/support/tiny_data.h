/// Small data sets of random pictures whose labels show in their brightness, made from a seed.
#pragma once

#include "common/base/random_stream.h"
#include "common/data/dataset.h"

#include <torch/types.h>

#include <numeric>
#include <string>

namespace consilium {

/// Which labels an image gets.
enum class Holding { kNothing, kPrognosis, kBrixia, kBoth };

/// Tasks: prognosis and brixia (zones). One image per patient, one patient per entry of `holdings`.
inline Dataset MakeTinyData(const std::vector<Holding>& holdings, std::int64_t size = 8,
                            std::uint64_t seed = 1) {
  Dataset dataset;
  dataset.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  RandomStream random(StreamSeed(seed, {"tiny data"}));
  const auto count = static_cast<std::int64_t>(holdings.size());
  dataset.images = torch::empty({count, size, size});
  auto* pixels = dataset.images.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const int severity = static_cast<int>(random.Below(4));
    for (std::int64_t p = 0; p < size * size; ++p) {
      pixels[i * size * size + p] = static_cast<float>(0.2 * severity + 0.4 * random.Uniform());
    }
    Sample sample;
    sample.patient = sample.image = "patient " + std::to_string(i);
    sample.labels.resize(2);
    const Holding holding = holdings[i];
    if (holding == Holding::kPrognosis || holding == Holding::kBoth) {
      sample.labels[0] = {severity / 2};
    }
    if (holding == Holding::kBrixia || holding == Holding::kBoth) {
      sample.labels[1].assign(6, severity);
    }
    dataset.samples.push_back(sample);
  }
  return dataset;
}

inline Indices AllIndices(const Dataset& dataset) {
  Indices all(dataset.samples.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace consilium
