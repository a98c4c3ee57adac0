#include "tests/aggregator/fake_run.h"

#include "aggregator/in_process_transport.h"
#include "tests/support/fnv_hasher.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

std::shared_ptr<const Layout> FakeLayout() {
  return Layout::Make({{"backbone.conv.weight", ElementType::kFloat32, {3, 2}},
                       {"backbone.bn.running_mean", ElementType::kFloat32, {2}},
                       {"backbone.bn.num_batches_tracked", ElementType::kInt64, {}},
                       {"heads.prognosis.weight", ElementType::kFloat32, {2}},
                       {"heads.brixia.weight", ElementType::kFloat64, {3}}})
      .value();
}

/// Adds `step` (floats) or `ticks` (integers) to every value.
Bytes Shifted(const Layout& layout, const Bytes& state, double step, std::int64_t ticks) {
  ByteReader in(state);
  ByteWriter out;
  for (const EntrySpec& entry : layout.entries()) {
    std::int64_t count = 1;
    for (const std::int64_t size : entry.shape) count *= size;
    for (std::int64_t i = 0; i < count; ++i) {
      switch (entry.type) {
        case ElementType::kFloat32:
          out.Put(static_cast<float>(*in.Read<float>() + step * static_cast<double>(i + 1)));
          break;
        case ElementType::kFloat64:
          out.Put(*in.Read<double>() + step * static_cast<double>(i + 1));
          break;
        case ElementType::kInt64:
          out.Put(*in.Read<std::int64_t>() + ticks);
          break;
      }
    }
  }
  return out.Take();
}

}  // namespace

RunPlan FakePlan(int rounds, int sites) {
  RunPlan plan;
  plan.run = RunId("fake-run");
  plan.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  plan.heads = HeadsMode::kShared;
  plan.rounds.rounds = rounds;
  plan.rounds.expected_sites = sites;
  plan.rounds.quorum = 1;
  plan.rounds.deadline = Millis{60'000};
  plan.rounds.site_lease = Millis{30'000};
  return plan;
}

TensorFile FakeInitialModel() {
  TensorFile file;
  file.blob.layout = FakeLayout();
  file.blob.bytes = Shifted(*file.blob.layout, Bytes(file.blob.layout->byte_size()), 0.125, 0);
  return file;
}

RoundCoordinator::Options FakeOptions(RunPlan plan, BlobStore& blobs, RoundStore& store,
                                      const Clock& clock) {
  RoundCoordinator::Options options;
  options.plan = std::move(plan);
  options.initial = FakeInitialModel();
  options.blobs = &blobs;
  options.store = &store;
  options.clock = &clock;
  options.hasher = FnvHash();
  options.worker = false;
  return options;
}

SiteDeclaration FakeDeclaration(const std::string& site) {
  const std::int64_t size = 10 + std::int64_t{7} * (site.front() - 'A');
  SiteDeclaration declaration;
  declaration.site = SiteId(site);
  declaration.train_images = 2 * size;
  declaration.layout_fingerprint = FakeLayout()->Fingerprint();
  if (site != "B") declaration.tasks.push_back({TaskId("prognosis"), size, 4});
  if (site != "A") declaration.tasks.push_back({TaskId("brixia"), size + 3, 5});
  return declaration;
}

FakeUpdate TrainFake(const SiteId& site, RoundNumber round, const Bytes& model) {
  const double step = 0.1 * (site.str().front() - 'A' + 1) / (round + 1);
  FakeUpdate update;
  update.encoded = Shifted(*FakeLayout(), model, step, site.str().front() - 'A' + 1);
  update.header.run = RunId("fake-run");
  update.header.round = round;
  update.header.site = site;
  update.header.codec = "fp32";
  update.header.digest = Digest(FnvHash(), update.encoded);
  update.header.byte_size = update.encoded.size();
  update.header.images_used = 20 + site.str().front();
  return update;
}

EvaluationReport EvaluateFake(const SiteId& site, RoundNumber version) {
  EvaluationReport report{RunId("fake-run"), version, site, {}};
  for (const TaskHolding& holding : FakeDeclaration(site.str()).tasks) {
    const TaskSpec spec =
        holding.task == TaskId("prognosis") ? PrognosisTask() : BrixiaTask("zones").value();
    TaskCounts counts = EmptyCounts(spec);
    counts.n = holding.validation;
    counts.loss_sum = static_cast<double>(holding.validation) / (version + 1);
    report.tasks.push_back(std::move(counts));
  }
  return report;
}

Result<InstructionKind> FakeSite::Follow(Millis patience) {
  CONSILIUM_ASSIGN_OR_RETURN(const Instruction told, transport_->NextInstruction(patience));
  if (told.kind == InstructionKind::kTrain) {
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes model, transport_->FetchModel(told.model));
    const FakeUpdate update = TrainFake(site_, told.round, model);
    CONSILIUM_RETURN_IF_ERROR(transport_->SubmitUpdate(update.header, update.encoded));
  } else if (told.kind == InstructionKind::kEvaluate) {
    CONSILIUM_RETURN_IF_ERROR(transport_->FetchModel(told.model).status());
    CONSILIUM_RETURN_IF_ERROR(
        transport_->SubmitEvaluation(EvaluateFake(site_, told.model.version)));
  }
  return told.kind;
}

std::vector<FakeSite> JoinAll(RoundCoordinator& coordinator,
                              const std::vector<std::string>& names) {
  std::vector<FakeSite> sites;
  for (const std::string& name : names) {
    sites.emplace_back(name, MakeInProcessTransport(SiteId(name), coordinator));
    EXPECT_EQ(sites.back().Join(), OkStatus());
  }
  return sites;
}

Status RunToTheEnd(RoundCoordinator& coordinator, std::vector<FakeSite>& sites) {
  for (int turn = 0; turn < 1000; ++turn) {
    for (FakeSite& site : sites) CONSILIUM_RETURN_IF_ERROR(site.Follow().status());
    CONSILIUM_RETURN_IF_ERROR(coordinator.Pump());
    if (coordinator.WaitFinished(Millis{0})) return OkStatus();
  }
  return DeadlineExceeded("the run does not end");
}

}  // namespace consilium
