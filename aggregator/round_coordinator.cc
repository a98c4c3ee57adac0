#include "aggregator/round_coordinator.h"

#include "aggregator/blob_names.h"
#include "aggregator/stored_coordinator.h"
#include "common/federation/strategies/requirements.h"
#include "common/federation/strategies/scaffold.h"

#include <algorithm>

namespace consilium {
namespace {

bool Holds(const BlobStore& blobs, const std::string& name, std::uint64_t size) {
  const Result<std::uint64_t> known = blobs.Size(name);
  return known.ok() && *known == size;
}

/// Puts `bytes` under the model's name unless the same are there.
Result<ModelRef> StoreModel(const RoundCoordinator::Options& options, RoundNumber version,
                            const Bytes& bytes) {
  const ModelRef model{Digest(options.hasher, bytes), bytes.size(), version};
  const std::string name = ModelBlobName(version);
  if (Holds(*options.blobs, name, bytes.size())) {
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes stored, options.blobs->ReadAll(name));
    if (stored == bytes) return model;
    return FailedPrecondition("the store holds a run that began with another model");
  }
  CONSILIUM_RETURN_IF_ERROR(options.blobs->Discard(name));
  constexpr std::size_t kStep = kMaxChunk;
  for (std::size_t at = 0; at < bytes.size(); at += kStep) {
    const ByteView part = ByteView(bytes).subspan(at, std::min(kStep, bytes.size() - at));
    CONSILIUM_RETURN_IF_ERROR(options.blobs->Append(name, at, part));
  }
  CONSILIUM_RETURN_IF_ERROR(options.blobs->Commit(name));
  return model;
}

}  // namespace

RoundEngine::Options EngineOptionsOf(const RunPlan& plan) {
  return {plan.tasks,
          plan.rounds,
          plan.schedule,
          plan.weighting,
          plan.training.learning_rate,
          HoldersNeeded(plan),
          plan.seed,
          plan.image_size,
          BufferOf(plan)};
}

Result<std::unique_ptr<RoundCoordinator>> RoundCoordinator::Open(Options options) {
  CONSILIUM_CHECK(options.blobs && options.store && options.clock);
  const RunPlan& plan = options.plan;
  CONSILIUM_RETURN_IF_ERROR(ValidatePlan(plan));
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<AggregationStrategy> strategy, MakeStrategy(plan));
  const ParameterBlob& initial = options.initial.blob;
  if (!initial.layout || initial.bytes.empty()) {
    return InvalidArgument("the first model is empty");
  }
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob shared,
                             Subset(initial, SharedEntries(plan, *initial.layout)));
  CONSILIUM_ASSIGN_OR_RETURN(shared, WithControls(plan, std::move(shared)));
  if (shared.bytes.empty()) return InvalidArgument("the first model has no entry that is shared");
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<UpdateCodec> codec,
                             MakeCodec(plan.codec, shared.layout));
  CONSILIUM_ASSIGN_OR_RETURN(ModelCodec model_codec,
                             ModelCodec::Make(plan.model_codec, shared.layout));

  CONSILIUM_ASSIGN_OR_RETURN(ModelRef complete, StoreModel(options, kInitialModel, initial.bytes));
  RunOffer offer{plan, std::move(complete), initial.layout->Fingerprint()};
  ModelRef model0{Digest(options.hasher, shared.bytes), shared.bytes.size(), 0};
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<Event> log, options.store->Load());
  if (log.empty()) CONSILIUM_RETURN_IF_ERROR(StoreModel(options, 0, shared.bytes).status());

  options.initial.blob = {};  // lives in the blob store from here on
  auto coordinator = std::make_unique<StoredCoordinator>(
      std::move(options), std::move(offer), shared.layout, std::move(codec), std::move(model_codec),
      std::move(strategy));
  CONSILIUM_RETURN_IF_ERROR(coordinator->Start(log, model0));
  return std::unique_ptr<RoundCoordinator>(std::move(coordinator));
}

}  // namespace consilium
