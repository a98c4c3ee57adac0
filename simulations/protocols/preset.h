/// Named sets of option values: what the paper states, and what its authors' settings say.
///
/// A preset is text by the option's name, as a configuration file would give it, so that it is
/// overridden and reported like one. `paper` and `published-settings` differ where the two do.
/// What this program has no value for is told in words (`without`).
/// Threads: pure. Source: arXiv 2405.13771 and the settings published with it.
#pragma once

#include "common/base/result.h"
#include "simulations/results/provenance.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct PresetValue {
  std::string option;  ///< without dashes
  std::string value;   ///< a list's elements are separated by commas
};

struct Preset {
  std::string name;
  std::vector<PresetValue> values;
  std::vector<std::string> without;
};

/// Errors: kInvalidArgument "preset: ...".
Result<Preset> FindPreset(std::string_view name);

/// Whether both texts mean the same value: "1e-3" and "0.001" do.
bool SameValue(const std::string& a, const std::string& b);

}  // namespace consilium
