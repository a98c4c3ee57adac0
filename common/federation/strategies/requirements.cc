#include "common/federation/strategies/requirements.h"

#include "common/federation/codec_name.h"

#include <map>

namespace consilium {
namespace {

Status TooFew(const std::string& who, const std::string& field, int needed, std::int64_t there) {
  std::string message = field;
  message.append(": ").append(who).append(" needs ").append(std::to_string(needed));
  message.append(" sites, here are ").append(std::to_string(there));
  return InvalidArgument(message);
}

Status CheckQuorum(const RunPlan& plan) {
  const HolderNeeds needs = HoldersNeeded(plan);
  if (plan.rounds.quorum < needs.backbone) {
    return TooFew(needs.who, "rounds.quorum", needs.backbone, plan.rounds.quorum);
  }
  const StrategyOptions& options = plan.strategy_options;
  const int most = plan.rounds.quorum - options.byzantine - 2;
  if (plan.strategy == "multi-krum" && options.krum_sites > most) {
    return InvalidArgument("strategy.krum_sites: expected 0 to quorum - byzantine - 2 = " +
                           std::to_string(most) + ", found " + std::to_string(options.krum_sites));
  }
  return OkStatus();
}

Status Expected(const RunPlan& plan, const std::string& field, const std::string& what) {
  std::string message = field;
  message.append(": expected ").append(what).append(" under ").append(plan.strategy);
  return InvalidArgument(message);
}

/// Sites begin one by one, each from the version of that moment.
Status CheckBuffered(const RunPlan& plan) {
  const int buffer_size = plan.strategy_options.buffer_size;
  const auto found = [&](const std::string& what) {
    return what + ", found " + std::to_string(buffer_size);
  };
  if (buffer_size > plan.rounds.expected_sites) {
    return Expected(plan, "strategy.buffer_size", found("1 to expected_sites"));
  }
  if (buffer_size < plan.rounds.quorum) {
    return Expected(plan, "strategy.buffer_size", found("quorum or more"));
  }
  if (plan.rounds.select_fraction != 1) return Expected(plan, "rounds.select_fraction", "1");
  // Factors of losses would change with each site that joins, while others are at work.
  if (plan.weighting != Weighting::kPerGroup) return Expected(plan, "weighting", "per-group");
  if (plan.model_codec != "fp32") return Expected(plan, "model_codec", "fp32");
  CONSILIUM_ASSIGN_OR_RETURN(const CodecName codec, ParseCodecName(plan.codec));
  // What those leave out belongs to the next update, which starts elsewhere.
  const bool whole =
      codec.values == UpdateValues::kFloat32 || codec.values == UpdateValues::kBFloat16;
  if (!whole)
    return Expected(plan, "codec", "fp32 or bf16, each with or without +difference and +zstd");
  return OkStatus();
}

Status CheckRest(const RunPlan& plan) {
  const std::string_view name = plan.strategy;
  const TrainingOptions& training = plan.training;
  if (name == "fedbuff") return CheckBuffered(plan);
  const bool plain_steps = name == "fednova" || name == "scaffold";
  if (plain_steps && training.optimizer != Optimizer::kSgd) {
    return Expected(plan, "training.optimizer", "sgd");
  }
  if (name == "scaffold" && training.momentum != 0) {
    return Expected(plan, "training.momentum", "0");
  }
  // Its controls are a mean over all sites; the weights of a round are those of the selected ones.
  if (name == "scaffold" && plan.rounds.select_fraction != 1) {
    return Expected(plan, "rounds.select_fraction", "1");
  }
  // Under exact weights sites without a task count in its head, with what they did not train.
  if (HoldersNeeded(plan).backbone > 1 && plan.weighting != Weighting::kPerGroup) {
    return Expected(plan, "weighting", "per-group");
  }
  if ((name == "fedper" || name == "fedrep") && plan.heads != HeadsMode::kLocal) {
    return Expected(plan, "heads", "local");
  }
  if (name == "ditto" && plan.heads != HeadsMode::kShared) {
    return Expected(plan, "heads", "shared");
  }
  if (name == "ditto" && plan.normalisation != NormalisationMode::kShared) {
    return Expected(plan, "normalisation", "shared");
  }
  if (name == "fedbn" && plan.normalisation != NormalisationMode::kLocal) {
    return Expected(plan, "normalisation", "local");
  }
  return OkStatus();
}

}  // namespace

std::optional<FedBuffOptions> BufferOf(const RunPlan& plan) {
  if (plan.strategy != "fedbuff") return std::nullopt;
  const StrategyOptions& options = plan.strategy_options;
  return FedBuffOptions{options.buffer_size, options.staleness_exponent,
                        options.server_learning_rate, options.max_staleness};
}

HolderNeeds HoldersNeeded(const RunPlan& plan) {
  const int f = plan.strategy_options.byzantine;
  const std::string_view name = plan.strategy;
  HolderNeeds needs;
  needs.who = plan.strategy;
  if (name == "krum" || name == "multi-krum") {
    needs.backbone = 2 * f + 3;
  } else if (name == "median" || name == "trimmed-mean" || name == "geometric-median") {
    needs.backbone = 2 * f + 1;
    if (plan.heads == HeadsMode::kShared) needs.head = needs.backbone;
  } else {
    return needs;
  }
  needs.who.append(" with byzantine ").append(std::to_string(f));
  return needs;
}

Status CheckStrategy(const RunPlan& plan) {
  CONSILIUM_RETURN_IF_ERROR(ValidateStrategyOptions(plan.strategy, plan.strategy_options));
  CONSILIUM_RETURN_IF_ERROR(CheckQuorum(plan));
  return CheckRest(plan);
}

Status CheckHolders(const HolderNeeds& needs, std::span<const SiteDeclaration> sites) {
  const auto all = static_cast<std::int64_t>(sites.size());
  if (all < needs.backbone) return TooFew(needs.who, "the backbone", needs.backbone, all);
  // A task that nobody holds is trained by nobody, whatever the strategy.
  std::map<TaskId, std::int64_t> holders;
  for (const SiteDeclaration& site : sites) {
    for (const TaskHolding& holding : site.tasks) {
      if (holding.train > 0) ++holders[holding.task];
    }
  }
  for (const auto& [task, there] : holders) {
    if (there < needs.head) {
      return TooFew(needs.who, "task '" + task.str() + "'", needs.head, there);
    }
  }
  return OkStatus();
}

}  // namespace consilium
