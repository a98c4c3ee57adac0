/// Protobuf messages to plain structs, as messages of a stranger.
///
/// Every length, enumeration and count is held against a bound before it is used, and a plan must
/// pass ValidatePlan; whether a message fits the run at hand is the coordinator's question. Sums of
/// losses may be anything, for a model may diverge. `site` is who sent it, from its certificate.
/// Errors: kInvalidArgument "message.field: what is wrong and what was expected". Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/federation/messages.h"

#include "consilium/v1/messages.pb.h"

namespace consilium {

/// Bounds of one message.
inline constexpr int kMaxTasks = 64;
inline constexpr int kMaxClasses = 1000;
inline constexpr std::size_t kMaxText = 4096;
inline constexpr std::int64_t kMaxCount = std::int64_t{1} << 40;

Result<TaskSpec> FromProto(const v1::TaskSpec& message);
Result<RunPlan> FromProto(const v1::RunPlan& message);
Result<ModelRef> FromProto(const v1::ModelRef& message);
Result<RunOffer> FromProto(const v1::RunOffer& message);
Result<Instruction> FromProto(const v1::Instruction& message);
Result<TaskCounts> FromProto(const v1::TaskCounts& message);
Result<SiteDeclaration> FromProto(const v1::SiteDeclaration& message, const SiteId& site);
Result<UpdateHeader> FromProto(const v1::UpdateHeader& message, const SiteId& site);
Result<EvaluationReport> FromProto(const v1::EvaluationReport& message, const SiteId& site);
Result<Progress> FromProto(const v1::Progress& message, const SiteId& site);

}  // namespace consilium
