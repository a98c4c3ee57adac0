#include "simulations/protocols/preset.h"

#include <charconv>
#include <optional>

namespace consilium {
namespace {

constexpr std::string_view kPaper = "paper";
constexpr std::string_view kPublished = "published-settings";

std::optional<double> NumberOf(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

std::vector<PresetValue> ValuesOf(bool published) {
  return {{"methods", "stl,transfer,mdmt-central"},
          {"image-size", "256"},
          {"brixia", "zones"},
          {"rounds", "300"},
          {"local-epochs", "1"},
          {"epochs", "300"},
          {"batch-size", "128"},
          {"learning-rate", "1e-3"},
          {"weight-decay", published ? "1e-5" : "1e-4"},
          {"dropout", "0.5"},
          {"no-augment", "false"},
          {"class-weights", "false"},
          {"reduction", published ? "batch" : "labelled"},
          {"warm-up", "40"},
          {"plateau-patience", "15"},
          {"patience", published ? "65" : "40"},
          {"precision", "fp32"},
          {"folds-mode", published ? "as-published" : "corrected"}};
}

std::vector<std::string> WithoutOf(bool published) {
  std::vector<std::string> lines = {
      ("Initial weights: ImageNet. None are part of this program: --weights FILE gives them; "
       "without it weights are drawn from the seed."),
      "Backbones: the paper averages over 18. A study has one; repeat it with --backbone.",
      "Protocols: the paper runs cv, loco6 and loco18. A study has one; repeat it with --protocol.",
      ("Pictures: the preset begins after decoding. Clipping to the 2nd and 98th percentile and "
       "resizing are the cohort's; the crop to the lungs needs masks in the cohort."),
      "A horizontal flip swaps the zones of both lungs here; in the published code it does not.",
      ("Optimiser: Adam; the learning rate falls by the factor 0.65, not below 1e-8: fixed here, "
       "and the paper's."),
      ("Hardware: four A100 GPUs; results hold for the device, threads and precision under "
       "Settings.")};
  if (published) {
    lines.emplace_back(
        "Loss of prognosis: the published multi-task runs take the squared error of raw outputs, "
        "the single-task ones binary cross-entropy; here it is cross-entropy in both.");
  }
  return lines;
}

}  // namespace

Result<Preset> FindPreset(std::string_view name) {
  if (name != kPaper && name != kPublished) {
    return InvalidArgument("preset: '" + std::string(name) +
                           "' is unknown, expected paper or published-settings");
  }
  const bool published = name == kPublished;
  return Preset{std::string(name), ValuesOf(published), WithoutOf(published)};
}

bool SameValue(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::optional<double> x = NumberOf(a);
  return x.has_value() && x == NumberOf(b);
}

}  // namespace consilium
