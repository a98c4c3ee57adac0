/// Options of a program in a YAML file, each with one value or a list of values to go through.
///
///   synthetic: true                    one value
///   backbones: [resnet18, resnet50]    a list of `backbone`: a name may stand in the plural
///
/// Every faulty field is reported, one per line.
/// Errors: kInvalidArgument "FILE:LINE: field: what is wrong and what was expected". Threads: pure.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct ListedValue {
  std::string text;
  int line = 0;  ///< from 1
};

struct ListedOption {
  std::string name;  ///< as in `known`, not in the plural
  int line = 0;
  bool list = false;
  std::vector<ListedValue> values;  ///< at least one
};

/// In the file's order. `known`: the options allowed, without dashes.
Result<std::vector<ListedOption>> ReadListFile(const std::string& path,
                                               const std::vector<std::string>& known);
Result<std::vector<ListedOption>> ParseListFile(std::string_view yaml, const std::string& path,
                                                const std::vector<std::string>& known);

}  // namespace consilium
