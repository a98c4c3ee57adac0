/// Counts the work of convolutions and linear layers while a network runs, whatever its family.
///
///   const double multiply_adds = CountMultiplyAdds([&] { net->forward(images); });
///
/// Units    multiply-adds; one is two floating-point operations. A training step does about three
///          times its forward pass: once forward, once for the gradient of the inputs and once for
///          that of the weights.
/// Counted  LibTorch's convolutions, linear layers and matrix products, from their shapes. Not
///          counted: everything per element (normalisation, activations, pooling).
/// Errors   what `body` throws passes through.
/// Threads  counts the operations that `body` calls in the calling thread.
#pragma once

#include <functional>

namespace consilium {

double CountMultiplyAdds(const std::function<void()>& body);

}  // namespace consilium
