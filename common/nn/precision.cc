#include "common/nn/precision.h"

#include "common/base/check.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace consilium {
namespace {

constexpr std::array<std::pair<Precision, std::string_view>, 4> kNames{
    {{Precision::kAuto, "auto"},
     {Precision::kFp32, "fp32"},
     {Precision::kBf16, "bf16"},
     {Precision::kFp16, "fp16"}}};

}  // namespace

std::string_view ToString(Precision precision) {
  const auto* const row =
      std::ranges::find(kNames, precision, &std::pair<Precision, std::string_view>::first);
  CONSILIUM_CHECK(row != kNames.end());
  return row->second;
}

Result<Precision> ParsePrecision(std::string_view text) {
  const auto* const row =
      std::ranges::find(kNames, text, &std::pair<Precision, std::string_view>::second);
  if (row != kNames.end()) return row->first;
  return InvalidArgument("precision '" + std::string(text) +
                         "' is unknown, expected auto, fp32, bf16 or fp16");
}

c10::ScalarType ShortType(Precision precision) {
  CONSILIUM_CHECK(precision != Precision::kAuto);
  switch (precision) {
    case Precision::kBf16:
      return c10::ScalarType::BFloat16;
    case Precision::kFp16:
      return c10::ScalarType::Half;
    default:
      return c10::ScalarType::Float;
  }
}

Status CheckPrecision(Precision precision, c10::Device device) {
  if (precision == Precision::kFp16 && device.is_cpu()) {
    return InvalidArgument(
        "precision fp16 needs a GPU: LibTorch has no float16 convolution on processors; expected "
        "auto, fp32 or bf16");
  }
  return OkStatus();
}

}  // namespace consilium
