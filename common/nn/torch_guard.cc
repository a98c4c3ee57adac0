#include "common/nn/torch_guard.h"

namespace consilium {
namespace internal {
namespace {

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// LibTorch reports a failed allocation on the CPU as a plain error with its allocator's name.
bool IsAllocationFailure(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         error.msg().find("DefaultCPUAllocator") != std::string::npos;
}

}  // namespace

Status FromException(const char* what, const std::exception& error) {
  const std::string context = std::string(what) + ": ";
  // A library's mistake about a length is a bad_alloc too, and more memory would not help.
  if (dynamic_cast<const std::bad_array_new_length*>(&error) != nullptr) {
    return Internal(context + "an array of impossible length was asked for");
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return ResourceExhausted(context + "out of memory");
  }
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) {
    const std::string message = context + FirstLine(torch_error->what_without_backtrace());
    return IsAllocationFailure(*torch_error) ? ResourceExhausted(message) : Internal(message);
  }
  return Internal(context + FirstLine(error.what()));
}

}  // namespace internal
}  // namespace consilium
