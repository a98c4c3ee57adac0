/// Messages with random, valid values in every field.
#pragma once

#include "common/base/random_stream.h"
#include "common/federation/messages.h"

namespace consilium {

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  std::string Text() {
    std::string text;
    for (std::uint64_t i = 1 + random_.Below(12); i > 0; --i) {
      text += static_cast<char>('a' + random_.Below(26));
    }
    return text;
  }
  std::string Hexadecimal() {
    std::string text;
    for (int i = 0; i < 64; ++i) text += "0123456789abcdef"[random_.Below(16)];
    return text;
  }
  std::int32_t Int(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(random_.Below(static_cast<std::uint64_t>(high) -
                                                         static_cast<std::uint64_t>(low) + 1));
  }
  std::int64_t Count() { return static_cast<std::int64_t>(random_.Below(1 << 20)); }
  bool Coin() { return random_.Bernoulli(0.5); }
  double Real(double low, double high) { return random_.Uniform(low, high); }
  std::uint64_t Word() { return random_.Next(); }

  TaskSpec Task(const std::string& id) {
    TaskSpec task;
    task.id = TaskId(id);
    task.weight = Real(0.1, 3);
    if (Coin()) {
      for (int i = Int(2, 5); i > 0; --i) task.classes.push_back("c" + std::to_string(i));
      return task;
    }
    task.zones = Int(2, 6);
    task.levels = Int(2, 10);
    for (int z = 0; z < task.zones; ++z) task.flip.push_back(task.zones - 1 - z);
    task.kind = Coin() ? TaskKind::kZones : TaskKind::kZoneGroups;
    if (task.kind == TaskKind::kZoneGroups)
      task.groups = {{Text(), {0, 1}, {1, 3}}, {Text(), {1}, {0}}};
    return task;
  }

  RunPlan Plan() {
    RunPlan plan;
    plan.run = RunId(Text());
    for (int i = Int(1, 3); i > 0; --i) plan.tasks.push_back(Task("task" + std::to_string(i)));
    plan.backbone = "mobilenet_v2";
    plan.image_size = Int(64, 512);
    plan.seed = Word();
    plan.validation_fraction = Real(0.01, 0.4);
    plan.heads = Coin() ? HeadsMode::kLocal : HeadsMode::kShared;
    plan.weighting = Coin() ? Weighting::kPerGroup : Weighting::kExact;
    plan.normalisation = Coin() ? NormalisationMode::kShared : NormalisationMode::kLocal;
    plan.strategy = Coin() ? "fedavgm" : "fedavg";
    if (plan.strategy == "fedavgm") plan.strategy_options.server_momentum = Real(0, 0.9);
    TrainingOptions& training = plan.training;
    const Optimizer adaptive = Coin() ? Optimizer::kAdam : Optimizer::kAdamW;
    training.optimizer = plan.weighting == Weighting::kExact ? Optimizer::kSgd : adaptive;
    training.learning_rate = Real(1e-5, 0.1);
    const bool plain = plan.weighting == Weighting::kExact;
    training.weight_decay = plain ? 0 : Real(0, 0.01);
    training.batch_size = Int(2, 64);
    training.full_batch = Coin();
    training.augment = Coin();
    training.dropout = Real(0, 0.9);
    training.freeze_normalisation = Coin();
    training.class_weights = Coin();
    training.freeze_stages = Int(0, 4);
    if (Coin()) training.learning_rate_factors = {{"backbone", Real(0, 2)}, {"heads.task1", 0}};
    training.reduction = Coin() ? Reduction::kLabelled : Reduction::kBatch;
    if (training.optimizer == Optimizer::kSgd && !plain) training.momentum = Real(0, 0.9);
    RoundOptions& rounds = plan.rounds;
    rounds.rounds = Int(1, 100);
    rounds.local_epochs = Int(1, 5);
    rounds.expected_sites = Int(3, 9);
    rounds.quorum = Int(1, 3);
    rounds.deadline = Millis(Int(10'000, 900'000));
    rounds.site_lease = Millis(Int(1'000, 9'000));
    rounds.evaluate_every = Int(1, 9);
    rounds.smallest_usable_share = Real(0, 1);
    if (plan.heads == HeadsMode::kShared && plan.normalisation == NormalisationMode::kShared) {
      rounds.evaluation_sites = {SiteId("left-out-1"), SiteId("left-out-2")};
    }
    if (Coin()) {
      rounds.select_fraction = Real(0.1, 1);
    } else {
      for (int i = 0; i < 9; ++i) rounds.select_sites.emplace_back("s" + std::to_string(i));
    }
    ScheduleOptions& schedule = plan.schedule;
    schedule.warm_up = Int(0, 50);
    schedule.plateau_patience = Int(1, 40);
    schedule.plateau_factor = Real(0.1, 0.9);
    schedule.min_learning_rate = Real(1e-9, 1e-6);
    schedule.stop_patience = Int(1, 60);
    return plan;
  }

  ModelRef Model() { return {Hexadecimal(), random_.Below(1 << 30), Int(kInitialModel, 999)}; }
  RunOffer Offer() { return {Plan(), Model(), Text()}; }

  SiteDeclaration Declaration() {
    SiteDeclaration declaration;
    declaration.site = SiteId(Text());
    declaration.train_images = 2'000'000;
    for (int i = Int(0, 3); i > 0; --i) {
      TaskHolding& holding = declaration.tasks.emplace_back();
      holding = {TaskId(Text()), Count(), Count(), Count()};
      for (int k = Int(0, 3); k > 0; --k) holding.classes.push_back({"class", Count()});
      holding.zones = Int(0, 6);
      holding.levels = Int(0, 4);
    }
    declaration.layout_fingerprint = Text();
    declaration.set_aside = Count();
    declaration.image_size = Int(0, 512);
    declaration.channels = Int(0, 3);
    declaration.obstacle = static_cast<SiteObstacle>(Int(0, 2));
    return declaration;
  }

  Instruction Order() {
    Instruction order;
    order.kind = static_cast<InstructionKind>(Int(0, 3));
    order.round = Int(0, 500);
    order.model = Model();
    order.learning_rate = Real(0, 1);
    for (int i = Int(0, 3); i > 0; --i) order.loss_factors.push_back({TaskId(Text()), Real(0, 4)});
    order.best_version = Int(0, 500);
    order.counted_version = Int(0, 500);
    order.paused = Int(0, 1) == 1;
    return order;
  }

  TaskCounts Counts() {
    TaskCounts counts;
    counts.task = TaskId(Text());
    counts.n = Count();
    counts.loss_sum = Real(-5, 500);
    for (int i = Int(0, 2); i > 0; --i) counts.classifications.push_back(Classification());
    for (int i = Int(0, 7); i > 0; --i) counts.zones.push_back(Zone());
    return counts;
  }
  std::vector<TaskCounts> ManyCounts() {
    std::vector<TaskCounts> all;
    for (int i = Int(0, 3); i > 0; --i) all.push_back(Counts());
    return all;
  }

  UpdateHeader Update() {
    return {RunId(Text()),          Int(0, 500), SiteId(Text()), Text(), Hexadecimal(),
            random_.Below(1 << 30), Count(),     ManyCounts(),   Count()};
  }
  EvaluationReport Evaluation() {
    return {RunId(Text()), Int(0, 500), SiteId(Text()), ManyCounts()};
  }
  Progress Steps() {
    Progress progress{RunId(Text()), Int(0, 500), SiteId(Text()), Count(), Count()};
    progress.activity = static_cast<SiteActivity>(Int(0, 6));
    progress.step = Millis(Count());
    progress.since_step = Millis(Count());
    return progress;
  }

 private:
  ClassCounts Classification() {
    ClassCounts counts;
    counts.classes = Int(2, 4);
    for (int i = counts.classes * counts.classes; i > 0; --i) counts.confusion.push_back(Count());
    if (counts.classes != 2 || Coin()) return counts;
    counts.negative_scores.assign(kScoreBins, 0);
    counts.positive_scores.assign(kScoreBins, 0);
    for (int i = Int(0, 40); i > 0; --i) {
      counts.negative_scores[random_.Below(kScoreBins)] = 1 + Count();
      counts.positive_scores[random_.Below(kScoreBins)] = 1 + Count();
    }
    return counts;
  }
  ZoneCounts Zone() {
    ZoneCounts zone;
    zone.exact = Count();
    zone.n = zone.exact + Count();
    for (double* sum : {&zone.sum_abs, &zone.sum_square, &zone.sum_p, &zone.sum_t, &zone.sum_pp,
                        &zone.sum_tt, &zone.sum_pt}) {
      *sum = Real(-9, 900);
    }
    return zone;
  }

  RandomStream random_;
};

}  // namespace consilium
