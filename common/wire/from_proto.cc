#include "common/wire/from_proto.h"

#include "common/wire/checks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace consilium {
namespace {

constexpr std::int64_t kMaxRound = std::numeric_limits<RoundNumber>::max();

Status CheckDigest(const std::string& digest, const char* field) {
  const bool hexadecimal = std::all_of(digest.begin(), digest.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (hexadecimal && (digest.empty() || digest.size() == 64)) return OkStatus();
  return InvalidArgument(std::string(field) +
                         ": expected 64 lower-case hexadecimal digits or nothing");
}

Status CheckByteSize(std::uint64_t size, const char* field) {
  if (size <= Layout::kMaxBytes) return OkStatus();
  return InvalidArgument(std::string(field) + ": " + std::to_string(size) + ", expected at most " +
                         std::to_string(Layout::kMaxBytes));
}

Status CheckFactor(double value, const char* field) {
  if (std::isfinite(value) && value >= 0) return OkStatus();
  return InvalidArgument(std::string(field) + ": expected a finite number of 0 or more");
}

template <typename Repeated>
Result<std::vector<TaskCounts>> CountsFrom(const Repeated& messages, const char* field) {
  CONSILIUM_RETURN_IF_ERROR(CheckRange(messages.size(), 0, kMaxTasks, field));
  std::vector<TaskCounts> all;
  for (const v1::TaskCounts& message : messages) {
    CONSILIUM_ASSIGN_OR_RETURN(TaskCounts counts, FromProto(message));
    all.push_back(std::move(counts));
  }
  return all;
}

/// A name that a message may repeat to a person.
Status CheckName(const std::string& name, const char* field) {
  constexpr std::size_t kMaxName = 256;
  const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (plain && name.size() <= kMaxName) return OkStatus();
  return InvalidArgument(std::string(field) + ": expected at most " + std::to_string(kMaxName) +
                         " bytes without control characters");
}

Status ReadMeaning(const v1::TaskHolding& message, TaskHolding& holding) {
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.classes_size(), 0, kMaxClasses, "declaration.tasks.classes"));
  for (const v1::ClassHolding& one : message.classes()) {
    CONSILIUM_RETURN_IF_ERROR(CheckName(one.name(), "declaration.tasks.classes.name"));
    CONSILIUM_RETURN_IF_ERROR(CheckCount(one.train(), "declaration.tasks.classes.train"));
    holding.classes.push_back({one.name(), one.train()});
  }
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.zones(), 0, kMaxClasses, "declaration.tasks.zones"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.levels(), 0, kMaxClasses, "declaration.tasks.levels"));
  holding.zones = message.zones();
  holding.levels = message.levels();
  return OkStatus();
}

}  // namespace

Result<ModelRef> FromProto(const v1::ModelRef& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckDigest(message.digest(), "model.digest"));
  CONSILIUM_RETURN_IF_ERROR(CheckByteSize(message.byte_size(), "model.byte_size"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.version(), kInitialModel, kMaxRound, "model.version"));
  return ModelRef{message.digest(), message.byte_size(), message.version()};
}

Result<RunOffer> FromProto(const v1::RunOffer& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.layout_fingerprint(), "offer.layout_fingerprint"));
  RunOffer offer;
  CONSILIUM_ASSIGN_OR_RETURN(offer.plan, FromProto(message.plan()));
  CONSILIUM_ASSIGN_OR_RETURN(offer.initial, FromProto(message.initial()));
  offer.layout_fingerprint = message.layout_fingerprint();
  return offer;
}

Result<SiteDeclaration> FromProto(const v1::SiteDeclaration& message, const SiteId& site) {
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.train_images(), "declaration.train_images"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.tasks_size(), 0, kMaxTasks, "declaration.tasks"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckText(message.layout_fingerprint(), "declaration.layout_fingerprint"));
  SiteDeclaration declaration;
  declaration.site = site;
  declaration.train_images = message.train_images();
  for (const v1::TaskHolding& holding : message.tasks()) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(holding.task(), "declaration.tasks.task"));
    CONSILIUM_RETURN_IF_ERROR(
        CheckRange(holding.train(), 0, message.train_images(), "declaration.tasks.train"));
    CONSILIUM_RETURN_IF_ERROR(CheckCount(holding.validation(), "declaration.tasks.validation"));
    CONSILIUM_RETURN_IF_ERROR(CheckCount(holding.set_aside(), "declaration.tasks.set_aside"));
    TaskHolding& added = declaration.tasks.emplace_back();
    added = {TaskId(holding.task()), holding.train(), holding.validation(), holding.set_aside()};
    CONSILIUM_RETURN_IF_ERROR(ReadMeaning(holding, added));
  }
  declaration.layout_fingerprint = message.layout_fingerprint();
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.set_aside(), "declaration.set_aside"));
  declaration.set_aside = message.set_aside();
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.image_size(), 0, std::numeric_limits<int>::max(),
                                       "declaration.image_size"));
  declaration.image_size = message.image_size();
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.channels(), 0, kMaxClasses, "declaration.channels"));
  declaration.channels = message.channels();
  CONSILIUM_ASSIGN_OR_RETURN(declaration.obstacle,
                             CheckEnum(kSiteObstacles, message.obstacle(), "declaration.obstacle"));
  return declaration;
}

Result<Instruction> FromProto(const v1::Instruction& message) {
  Instruction instruction;
  CONSILIUM_ASSIGN_OR_RETURN(instruction.kind,
                             CheckEnum(kInstructionKinds, message.kind(), "instruction.kind"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.round(), 0, kMaxRound, "instruction.round"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.best_version(), 0, kMaxRound, "instruction.best_version"));
  CONSILIUM_RETURN_IF_ERROR(CheckFactor(message.learning_rate(), "instruction.learning_rate"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.loss_factors_size(), 0, kMaxTasks, "instruction.loss_factors"));
  instruction.round = message.round();
  CONSILIUM_ASSIGN_OR_RETURN(instruction.model, FromProto(message.model()));
  instruction.learning_rate = message.learning_rate();
  for (const v1::LossFactor& factor : message.loss_factors()) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(factor.task(), "instruction.loss_factors.task"));
    CONSILIUM_RETURN_IF_ERROR(CheckFactor(factor.factor(), "instruction.loss_factors.factor"));
    instruction.loss_factors.push_back({TaskId(factor.task()), factor.factor()});
  }
  instruction.best_version = message.best_version();
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.counted_version(), 0, kMaxRound, "instruction.counted_version"));
  instruction.counted_version = message.counted_version();
  instruction.paused = message.paused();
  return instruction;
}

Result<UpdateHeader> FromProto(const v1::UpdateHeader& message, const SiteId& site) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.run(), "update.run"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.round(), 0, kMaxRound, "update.round"));
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.codec(), "update.codec"));
  CONSILIUM_RETURN_IF_ERROR(CheckDigest(message.digest(), "update.digest"));
  CONSILIUM_RETURN_IF_ERROR(CheckByteSize(message.byte_size(), "update.byte_size"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.images_used(), "update.images_used"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.steps(), "update.steps"));
  UpdateHeader header;
  header.run = RunId(message.run());
  header.round = message.round();
  header.site = site;
  header.codec = message.codec();
  header.digest = message.digest();
  header.byte_size = message.byte_size();
  header.images_used = message.images_used();
  header.steps = message.steps();
  CONSILIUM_ASSIGN_OR_RETURN(header.training, CountsFrom(message.training(), "update.training"));
  return header;
}

Result<EvaluationReport> FromProto(const v1::EvaluationReport& message, const SiteId& site) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.run(), "report.run"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.version(), 0, kMaxRound, "report.version"));
  EvaluationReport report;
  report.run = RunId(message.run());
  report.version = message.version();
  report.site = site;
  CONSILIUM_ASSIGN_OR_RETURN(report.tasks, CountsFrom(message.tasks(), "report.tasks"));
  return report;
}

Result<Progress> FromProto(const v1::Progress& message, const SiteId& site) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.run(), "progress.run"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.round(), 0, kMaxRound, "progress.round"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.steps_done(), "progress.steps_done"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.steps_planned(), "progress.steps_planned"));
  Progress progress{RunId(message.run()), message.round(), site, message.steps_done(),
                    message.steps_planned()};
  CONSILIUM_ASSIGN_OR_RETURN(progress.activity,
                             CheckEnum(kSiteActivities, message.activity(), "progress.activity"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.step_millis(), "progress.step_millis"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.since_step_millis(), "progress.since_step_millis"));
  progress.step = Millis(message.step_millis());
  progress.since_step = Millis(message.since_step_millis());
  return progress;
}

}  // namespace consilium
