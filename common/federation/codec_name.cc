#include "common/federation/codec_name.h"

#include <charconv>

namespace consilium {
namespace {

constexpr std::string_view kDifference = "+difference";
constexpr std::string_view kZstd = "+zstd";
constexpr std::string_view kTop = "top-";
constexpr int kEverything = 10'000;

bool TakeEnd(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

/// Digits alone, or -1.
int Digits(std::string_view text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end && text.front() != '-' ? value : -1;
}

/// Hundredths in "12", "0.5" or "0.25"; 0 if it is none of 0.01 to 100.
int Hundredths(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view part = point == text.npos ? "0" : text.substr(point + 1);
  if (whole.empty() || whole.size() > 3 || part.empty() || part.size() > 2) return 0;
  const int ones = Digits(whole);
  const int fraction = Digits(part) * (part.size() == 1 ? 10 : 1);
  const bool known = ones >= 0 && fraction >= 0 && ones * 100 + fraction <= kEverything;
  return known ? ones * 100 + fraction : 0;
}

std::string Percent(int hundredths) {
  std::string text = std::to_string(hundredths / 100);
  const int rest = hundredths % 100;
  if (rest == 0) return text;
  text.append(rest < 10 ? ".0" : ".").append(std::to_string(rest % 10 == 0 ? rest / 10 : rest));
  return text;
}

}  // namespace

Result<CodecName> ParseCodecName(std::string_view text) {
  CodecName name;
  std::string_view values = text;
  name.zstd = TakeEnd(values, kZstd);
  name.difference = TakeEnd(values, kDifference);
  bool known = true;
  if (values == "bf16") {
    name.values = UpdateValues::kBFloat16;
  } else if (values == "int8") {
    name.values = UpdateValues::kInt8;
  } else if (values.starts_with(kTop) && values.ends_with('%')) {
    name.values = UpdateValues::kTopShare;
    name.kept = Hundredths(values.substr(kTop.size(), values.size() - kTop.size() - 1));
    known = name.kept > 0;
  } else {
    known = values == "fp32";
  }
  if (known && ToString(name) == text) return name;
  std::string fault("codec: '");
  fault.append(text).append(
      "' is unknown, expected fp32, bf16, int8 or top-P% (P from 0.01 to 100, as in top-1%), each "
      "with or without +difference, then with or without +zstd");
  return InvalidArgument(fault);
}

std::string ToString(const CodecName& name) {
  std::string text;
  switch (name.values) {
    case UpdateValues::kFloat32:
      text = "fp32";
      break;
    case UpdateValues::kBFloat16:
      text = "bf16";
      break;
    case UpdateValues::kInt8:
      text = "int8";
      break;
    case UpdateValues::kTopShare:
      text.append(kTop).append(Percent(name.kept)).append("%");
      break;
  }
  if (name.difference) text.append(kDifference);
  if (name.zstd) text.append(kZstd);
  return text;
}

}  // namespace consilium
