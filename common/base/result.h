/// A value or the Status that says why there is none. See status.h.
/// Threads: as the value.
#pragma once

#include "common/base/check.h"
#include "common/base/status.h"

#include <optional>
#include <utility>

namespace consilium {

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return InvalidArgument(...)` both read as what they
  // are.
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    CONSILIUM_CHECK(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  /// Requires ok().
  T& value() & {
    CONSILIUM_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    CONSILIUM_CHECK(ok());
    return *value_;
  }
  T&& value() && {
    CONSILIUM_CHECK(ok());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace consilium

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define CONSILIUM_CONCAT_INNER_(a, b) a##b
#define CONSILIUM_CONCAT_(a, b) CONSILIUM_CONCAT_INNER_(a, b)
#define CONSILIUM_ASSIGN_OR_RETURN(declaration, expression)                                     \
  CONSILIUM_ASSIGN_OR_RETURN_IMPL_(CONSILIUM_CONCAT_(consilium_result_, __LINE__), declaration, \
                                   expression)
#define CONSILIUM_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                             \
  if (!result.ok()) return result.status();                               \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)
