/// Plain structs to protobuf messages. Total: every value has a message.
///
/// A struct's own `site` is left out, for no message names its sender. Score histograms, mostly
/// zeros, become lists of their filled bins. Threads: pure.
#pragma once

#include "common/federation/messages.h"

#include "consilium/v1/messages.pb.h"

namespace consilium {

v1::TaskSpec ToProto(const TaskSpec& task);
v1::RunPlan ToProto(const RunPlan& plan);
v1::ModelRef ToProto(const ModelRef& model);
v1::RunOffer ToProto(const RunOffer& offer);
v1::SiteDeclaration ToProto(const SiteDeclaration& declaration);
v1::Instruction ToProto(const Instruction& instruction);
v1::TaskCounts ToProto(const TaskCounts& counts);
v1::UpdateHeader ToProto(const UpdateHeader& header);
v1::EvaluationReport ToProto(const EvaluationReport& report);
v1::Progress ToProto(const Progress& progress);

}  // namespace consilium
