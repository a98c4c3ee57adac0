#include "simulations/protocols/protocol.h"

#include "simulations/protocols/drawn.h"
#include "simulations/protocols/listed.h"
#include "simulations/protocols/loco.h"

#include <array>

namespace consilium {
namespace {

constexpr int kCvFolds = 5;
/// A quarter of the four fifths that are not tested: 60 / 20 / 20.
constexpr double kCvValidation = 0.25;

struct ProtocolRow {
  ProtocolKind kind;
  std::string_view name;
  std::string_view description;
};
constexpr std::array<ProtocolRow, 5> kProtocols = {
    {{ProtocolKind::kLoco, "loco", "each center left out in turn"},
     {ProtocolKind::kLoco6, "loco6",
      "each of six centers left out in turn with the first severity group"},
     {ProtocolKind::kLoco18, "loco18",
      "each of six centers left out with each of three severity groups"},
     {ProtocolKind::kCv, "cv", "five-fold cross-validation"},
     {ProtocolKind::kHoldout, "holdout", "one fifth of the patients held out"}}};

bool IsCv(ProtocolKind kind) { return kind == ProtocolKind::kCv || kind == ProtocolKind::kHoldout; }

}  // namespace

std::string_view ToString(ProtocolKind kind) {
  for (const ProtocolRow& row : kProtocols) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

Result<ProtocolKind> ParseProtocol(std::string_view text) {
  std::string known;
  for (const ProtocolRow& row : kProtocols) {
    if (row.name == text) return row.kind;
    known.append(known.empty() ? "" : ", ").append(row.name);
  }
  return InvalidArgument("protocol: '" + std::string(text) + "' is unknown, expected one of " +
                         known);
}

Status ValidateProtocol(const ProtocolOptions& options) {
  if (!options.lists.empty() && options.kind == ProtocolKind::kLoco) {
    return InvalidArgument(
        "folds: protocol loco takes no published lists, expected loco6, loco18, cv or holdout");
  }
  return OkStatus();
}

double ValidationFraction(ProtocolKind kind, double of_loco) {
  return IsCv(kind) ? kCvValidation : of_loco;
}

Result<PublishedLists> ReadListsOf(const ProtocolOptions& options) {
  return ReadPublishedLists(
      options.lists, IsCv(options.kind) ? ListScheme::kFiveFold : ListScheme::kLeaveOneCenterOut,
      options.mode);
}

Result<FoldSet> MakeProtocolFolds(const Dataset& dataset, const ProtocolOptions& options,
                                  const PublishedLists* lists, double validation_fraction,
                                  std::uint64_t seed) {
  FoldSet set;
  if (lists != nullptr) {
    CONSILIUM_ASSIGN_OR_RETURN(
        set, MakeListedFolds(dataset, *lists, options.kind, validation_fraction, seed));
  } else if (IsCv(options.kind)) {
    CONSILIUM_ASSIGN_OR_RETURN(set, DrawFolds(dataset, kCvFolds, validation_fraction, seed));
  } else if (options.kind == ProtocolKind::kLoco) {
    return MakeFolds(dataset, validation_fraction, seed);
  } else {
    return MakePaperLocoFolds(
        dataset, options.kind == ProtocolKind::kLoco6 ? SeverityFolds::kFirst : SeverityFolds::kAll,
        validation_fraction, seed);
  }
  if (options.kind == ProtocolKind::kHoldout) {
    set.folds.resize(1);
    set.folds[0].name = "test";
  }
  return set;
}

std::string_view DescribeProtocol(std::string_view protocol) {
  for (const ProtocolRow& row : kProtocols) {
    if (row.name == protocol) return row.description;
  }
  return "";
}

}  // namespace consilium
