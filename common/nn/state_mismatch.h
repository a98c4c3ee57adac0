/// What keeps a set of named tensors from fitting a module, said in one line.
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"

#include <string>
#include <vector>

namespace consilium {

class StateMismatch {
 public:
  void AddMissing(const std::string& name) { missing_.push_back(name); }
  void AddSurplus(const std::string& name) { surplus_.push_back(name); }
  /// Compares type and shape; does nothing if they are equal.
  void Compare(const EntrySpec& given, const EntrySpec& expected);

  /// kInvalidArgument "missing: a, b; surplus: c; of another shape: d (float32 [2], expected
  /// float32 [3])", at most ten names of each kind and the count of the rest. Ok if nothing was
  /// added.
  Status ToStatus() const;

 private:
  std::vector<std::string> missing_;
  std::vector<std::string> surplus_;
  std::vector<std::string> different_;
};

}  // namespace consilium
