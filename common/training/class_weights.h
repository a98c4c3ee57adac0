/// Weights of classes by inverse frequency, an option of the loss. Threads: pure.
#pragma once

#include "common/data/dataset.h"

#include <torch/types.h>

#include <vector>

namespace consilium {

/// n / (K * n_c) for each class c of each task, over the labelled images among `indices`; 0 for a
/// class without an image, which no loss of these images reads. Per task float64 [K_j], the classes
/// of zone groups side by side; undefined for kZones.
std::vector<torch::Tensor> InverseFrequencyWeights(const Dataset& dataset, const Indices& indices);

}  // namespace consilium
