/// The options of a program in a YAML file instead of on its command line: `--config FILE.yaml`.
///
///   listen: 127.0.0.1:7443          becomes  --listen=127.0.0.1:7443
///   json: true                      becomes  --json=true
///   methods: [stl, mdmt-central]    becomes  --methods=stl,mdmt-central
///
/// Errors: kInvalidArgument "FILE:LINE: option: what is wrong". Threads: pure.
#pragma once

#include "common/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct FileOption {
  std::string name;   ///< without dashes
  std::string value;  ///< a list's items with commas between
  int line = 0;       ///< of the name, from 1
};

/// As on a command line: "--listen=127.0.0.1:7443".
std::string ArgumentOf(const FileOption& option);

/// In the file's order. `known`: the options allowed, without dashes.
Result<std::vector<FileOption>> ReadOptionFile(const std::string& path,
                                               const std::vector<std::string>& known);
Result<std::vector<FileOption>> ParseOptionFile(std::string_view yaml, const std::string& path,
                                                const std::vector<std::string>& known);

}  // namespace consilium
