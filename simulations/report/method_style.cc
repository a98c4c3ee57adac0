#include "simulations/report/method_style.h"

#include <algorithm>
#include <array>
#include <set>

namespace consilium {
namespace {

/// Each at its own look.
constexpr std::array<std::string_view, 7> kKnown = {
    "local",          "stl", "transfer", "mdmt-central", "mdmt-averaged-init", "mdmt-federated",
    "mdmt-harmonised"};

}  // namespace

const std::vector<MethodStyle>& MethodLooks() {
  static const std::vector<MethodStyle> looks = {
      {"m0", "#b4730a", "#e5a93c", Marker::kSquare, "2 3"},
      {"m1", "#4a9ad4", "#7cc0f0", Marker::kTriangle, "7 3"},
      {"m2", "#2a8c6a", "#52c79e", Marker::kTriangleDown, "9 3 2 3"},
      {"m3", "#1b3f77", "#a3b8ff", Marker::kDiamond, "12 3"},
      {"m4", "#7d4a9c", "#c79be3", Marker::kPlus, "5 2"},
      {"m5", "#c8402b", "#ff8069", Marker::kCircle, ""},
      {"m6", "#555555", "#b8b8b8", Marker::kCross, "4 2 1 2"},
      {"m7", "#a3306f", "#f08bc0", Marker::kHexagon, "1 2"}};
  return looks;
}

MethodStyles::MethodStyles(std::vector<std::string> methods) {
  std::set<std::size_t> taken;
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  for (const std::string& method : methods) {
    const auto* const found = std::find(kKnown.begin(), kKnown.end(), method);
    if (found == kKnown.end()) continue;
    looks_[method] = static_cast<std::size_t>(found - kKnown.begin());
    taken.insert(looks_[method]);
  }
  std::size_t next = MethodLooks().size();
  for (const std::string& method : methods) {
    if (looks_.contains(method)) continue;
    // From the last look backwards; when all are taken, they are shared in turn.
    do {
      next = next == 0 ? MethodLooks().size() - 1 : next - 1;
    } while (taken.contains(next) && taken.size() < MethodLooks().size());
    looks_[method] = next;
    taken.insert(next);
  }
}

const MethodStyle& MethodStyles::Of(const std::string& method) const {
  const auto found = looks_.find(method);
  return MethodLooks()[found == looks_.end() ? 0 : found->second];
}

}  // namespace consilium
