/// The one place where LibTorch's exceptions end.
///
///   Result<Tensor> r = GuardTorch("forward", [&] { return net->forward(x); });
///
/// Status and Result returned by the body pass through. An allocation failure is
/// kResourceExhausted, anything else thrown is kInternal with the exception's first line.
/// Threads: any.
#pragma once

#include "common/base/result.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>
#include <type_traits>

namespace consilium {

namespace internal {
Status FromException(const char* what, const std::exception& error);

template <typename T>
struct GuardedType {
  using type = Result<T>;
};
template <typename T>
struct GuardedType<Result<T>> {
  using type = Result<T>;
};
template <>
struct GuardedType<Status> {
  using type = Status;
};
}  // namespace internal

template <typename Body>
auto GuardTorch(const char* what, Body&& body) ->
    typename internal::GuardedType<std::invoke_result_t<Body>>::type {
  try {
    return body();
  } catch (const std::exception& error) {
    return internal::FromException(what, error);
  }
}

}  // namespace consilium
