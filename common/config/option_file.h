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

/// As command-line arguments, one per option, in the file's order. `known`: the options allowed, without dashes.
Result<std::vector<std::string>> ReadOptionFile(const std::string& path,
                                                const std::vector<std::string>& known);
Result<std::vector<std::string>> ParseOptionFile(std::string_view yaml, const std::string& path,
                                                 const std::vector<std::string>& known);

}  // namespace consilium
