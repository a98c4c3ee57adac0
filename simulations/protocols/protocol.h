/// The protocols by name, from labels to folds.
///
///   cv       five folds: 60 % train, 20 % validate, 20 % are tested
///   holdout  the first of these five folds alone; its name is "test"
///   loco     each center with labels of the target task left out in turn
///   loco6, loco18   as the paper (loco.h)
/// Folds are drawn from (seed, center), or read from published lists. Threads: pure.
#pragma once

#include "simulations/protocols/fold.h"
#include "simulations/protocols/published_lists.h"

#include <string>
#include <string_view>

namespace consilium {

enum class ProtocolKind : std::uint8_t { kLoco, kLoco6, kLoco18, kCv, kHoldout };
std::string_view ToString(ProtocolKind kind);
/// Errors: kInvalidArgument "protocol: ...".
Result<ProtocolKind> ParseProtocol(std::string_view text);

struct ProtocolOptions {
  ProtocolKind kind = ProtocolKind::kLoco;
  std::string lists;  ///< folder of published lists; empty: folds are drawn
  ListMode mode = ListMode::kCorrected;
};
/// Errors: kInvalidArgument: lists for `loco`, which has none.
Status ValidateProtocol(const ProtocolOptions& options);

/// Of a site's patients that are not tested.
double ValidationFraction(ProtocolKind kind, double of_loco);

/// Of the lists that `options` names, read once for all seeds; errors of ReadPublishedLists.
Result<PublishedLists> ReadListsOf(const ProtocolOptions& options);

/// `lists`: those of ReadListsOf; null where folds are drawn. Errors: those of the protocol.
Result<FoldSet> MakeProtocolFolds(const Dataset& dataset, const ProtocolOptions& options,
                                  const PublishedLists* lists, double validation_fraction,
                                  std::uint64_t seed);

/// "each center left out in turn": what a table says of itself.
std::string_view DescribeProtocol(std::string_view protocol);

}  // namespace consilium
