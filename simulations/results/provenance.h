/// What a reader must know of a study beside its numbers: which preset it departs from, and what
/// was wrong with the published lists that it used. Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace consilium {

/// Something wrong with published lists, or with how they meet the cohort.
struct ListFault {
  std::string name;        ///< "lost-zeros": the same for every run, for programs
  std::int64_t count = 0;  ///< never 0
  std::string text;  ///< what it is and what was done about it, for people; goes on from count
  friend bool operator==(const ListFault&, const ListFault&) = default;
};

struct PresetDifference {
  std::string option, preset, used;
  friend bool operator==(const PresetDifference&, const PresetDifference&) = default;
};

/// The preset of a study; without a name there was none.
struct PresetUse {
  std::string name;
  std::vector<PresetDifference> differences;
  std::vector<std::string> without;  ///< values of the paper that nothing here corresponds to
};

}  // namespace consilium
