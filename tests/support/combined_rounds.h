/// Rounds of a strategy by the aggregator's own Reduce, over stores in memory.
///
///   CombinedRounds rounds(layout, plan, model0);
///   rounds.Combine({{"A", 0.5, 10, 3, state}, ...});   // round 0: model 1
///   rounds.model();                                    // canonical bytes of the latest model
#pragma once

#include "aggregator/blob_names.h"
#include "aggregator/reduction.h"
#include "tests/support/status_matchers.h"

#include <map>
#include <string>
#include <vector>

namespace consilium {

struct SiteState {
  std::string site;
  double backbone = 0;                  ///< u_s
  std::map<std::string, double> heads;  ///< n_sj / n_j
  std::int64_t images_used = 0;
  std::int64_t steps = 0;
  Bytes state;
};

class CombinedRounds {
 public:
  CombinedRounds(std::shared_ptr<const Layout> layout, const RunPlan& plan, const Bytes& model)
      : layout_(std::move(layout)), strategy_(MakeStrategy(plan).value()) {
    Put(ModelBlobName(0), model);
  }

  Status Combine(const std::vector<SiteState>& sites) {
    Aggregate aggregate{round_, {"", 0, round_}, {}, {}, {}};
    std::map<std::string, const SiteState*> sorted;
    for (const SiteState& site : sites) sorted[site.site] = &site;
    for (const auto& [name, site] : sorted) {
      const SiteId id(name);
      Put(UpdateBlobName(round_, id), site->state);
      aggregate.updates.emplace_back(id, site->images_used);
      aggregate.steps[id] = site->steps;
      SiteWeights& weights = aggregate.weights[id];
      weights.backbone = site->backbone;
      for (const auto& [task, weight] : site->heads) weights.heads[TaskId(task)] = weight;
    }
    const ReductionParts parts{layout_, codec_.get(), strategy_.get(), blobs_.get(), {}};
    CONSILIUM_RETURN_IF_ERROR(Reduce(parts, aggregate, [] { return false; }).status());
    ++round_;
    return OkStatus();
  }

  Bytes model() const { return blobs_->ReadAll(ModelBlobName(round_)).value(); }
  Bytes state(int slot) const { return blobs_->ReadAll(StateBlobName(round_, slot)).value(); }

 private:
  void Put(const std::string& name, const Bytes& bytes) {
    EXPECT_OK(blobs_->Discard(name));
    EXPECT_OK(blobs_->Append(name, 0, bytes));
    EXPECT_OK(blobs_->Commit(name));
  }

  std::shared_ptr<const Layout> layout_;
  std::unique_ptr<AggregationStrategy> strategy_;
  std::unique_ptr<UpdateCodec> codec_ = MakeCodec("fp32", layout_).value();
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  RoundNumber round_ = 0;
};

inline RunPlan PlanOfStrategy(const std::string& name) {
  RunPlan plan;
  plan.run = RunId("run");
  plan.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  plan.heads = HeadsMode::kShared;
  plan.rounds.expected_sites = plan.rounds.quorum = 8;
  plan.strategy = name;
  return plan;
}

template <typename T>
Bytes BytesOfValues(const std::vector<T>& values) {
  ByteWriter writer;
  for (const T value : values) writer.Put(value);
  return writer.Take();
}

template <typename T>
std::vector<T> ValuesOfBytes(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace consilium
