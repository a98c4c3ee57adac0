#include "simulations/report/binary_scores.h"

#include "common/data/csv.h"

#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace consilium {
namespace {

enum Column : std::size_t { kImage, kCenter, kTask, kLabel, kProbabilities, kColumns };
constexpr std::array<std::string_view, kColumns> kHeader = {"image", "center", "task", "label",
                                                            "probabilities"};

Status Fault(const std::string& path, int line, std::string_view what) {
  std::string text = path;
  text.append(":").append(std::to_string(line)).append(": ").append(what);
  return InvalidArgument(std::move(text));
}

bool IsHeader(const std::vector<std::string>& fields) {
  if (fields.size() != kColumns) return false;
  for (std::size_t c = 0; c < kColumns; ++c) {
    if (fields[c] != kHeader[c]) return false;
  }
  return true;
}

/// The second of two probabilities, "0.25 0.75".
std::optional<double> SecondOfTwo(std::string_view text) {
  const char* const end = text.data() + text.size();
  double first = -1;
  double second = -1;
  const auto [blank, first_error] = std::from_chars(text.data(), end, first);
  if (first_error != std::errc() || blank == end || *blank != ' ') return std::nullopt;
  const auto [rest, second_error] = std::from_chars(blank + 1, end, second);
  if (second_error != std::errc() || rest != end) return std::nullopt;
  const bool probabilities = first >= 0 && first <= 1 && second >= 0 && second <= 1;
  return probabilities ? std::optional(second) : std::nullopt;
}

}  // namespace

Result<BinaryScores> ParseBinaryScores(std::string_view csv, const std::string& path,
                                       std::string_view task,
                                       const std::vector<std::string>& classes) {
  CsvReader reader(csv, path);
  CsvRow row;
  CONSILIUM_ASSIGN_OR_RETURN(bool more, reader.Next(row));
  if (!more || !IsHeader(row.fields)) {
    return Fault(path, 1, "header: expected image,center,task,label,probabilities");
  }
  BinaryScores scores;
  while (true) {
    CONSILIUM_ASSIGN_OR_RETURN(more, reader.Next(row));
    if (!more) return scores;
    if (row.fields.size() != kColumns) return Fault(path, row.line, "row: expected 5 fields");
    if (row.fields[kTask] != task) continue;
    const std::string& label = row.fields[kLabel];
    if (label != classes.front() && label != classes.back()) {
      return Fault(path, row.line, "label: is none of the task's two classes");
    }
    const std::optional<double> probability = SecondOfTwo(row.fields[kProbabilities]);
    if (!probability) {
      return Fault(path, row.line,
                   "probabilities: expected two numbers from 0 to 1 with a blank between");
    }
    scores.probabilities.push_back(*probability);
    scores.outcomes.push_back(label == classes.back() ? 1 : 0);
  }
}

}  // namespace consilium
