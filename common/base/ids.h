/// Names that must not be mixed up: a SiteId is not a TaskId although both are text.
/// Ordered and printable; empty means "none".
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

namespace consilium {

template <typename Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero inside <=> for a pointer.
  friend auto operator<=>(const Name&, const Name&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Name& name) { return out << name.text_; }

 private:
  std::string text_;
};

using SiteId = Name<struct SiteTag>;  ///< a participating hospital; in a simulation, a center
using TaskId = Name<struct TaskTag>;  ///< "prognosis", "brixia"
using RunId = Name<struct RunTag>;    ///< one federated training, start to finish

/// Counts from 0. Round r starts from global model r and ends with global model r + 1.
using RoundNumber = std::int32_t;

}  // namespace consilium
