/// The files of a StoredCoordinator's run: which leave it, and which stay (retention.h).
#include "aggregator/blob_names.h"
#include "aggregator/retention.h"
#include "aggregator/stored_coordinator.h"
#include "common/tensor_file/model_metadata.h"

#include <algorithm>
#include <optional>
#include <set>

namespace consilium {

Status StoredCoordinator::HoldStill(
    const std::function<Status(const RunMoment& moment)>& body) const {
  const std::lock_guard lock(mutex_);
  const auto named = [](const ModelRef& model) {
    return NeededBlob{ModelBlobName(model.version), model.digest};
  };
  // What the worker removes at this moment was needed by an earlier one alone.
  RunMoment moment{engine_.round(), {named(offer_.initial), named(engine_.model())}};
  std::vector<NeededBlob>& blobs = moment.blobs;
  if (!(engine_.best_model() == engine_.model())) blobs.push_back(named(engine_.best_model()));
  // What is kept beyond that, where it was not removed under another rule.
  for (const std::string& name : ModelsKept(0)) {
    const auto same = [&](const NeededBlob& blob) { return blob.name == name; };
    if (std::ranges::none_of(blobs, same) && options_.blobs->Size(name).ok()) {
      blobs.push_back({name, ""});
    }
  }
  // A strategy's state beside model 0 is not stored.
  for (int slot = 0; engine_.model().version > 0 && slot < strategy_->state_slots(); ++slot) {
    blobs.push_back({StateBlobName(engine_.model().version, slot), ""});
  }
  for (const NamedUpdate& update : engine_.NeededUpdates()) {
    blobs.push_back({UpdateBlobName(update.round, update.site), update.digest});
  }
  return body(moment);
}

ModelRef StoredCoordinator::BestModel() const {
  const std::lock_guard lock(mutex_);
  return engine_.best_model();
}

Result<TensorFile> StoredCoordinator::FinalModel() const {
  ModelRef best;
  std::optional<double> best_loss;
  {
    const std::lock_guard lock(mutex_);
    if (engine_.phase() != RoundPhase::kFinished) {
      return FailedPrecondition("the run is not finished, the current round is " +
                                std::to_string(engine_.round()));
    }
    best = engine_.best_model();
    best_loss = engine_.best_loss();
  }
  return ModelFile(best, best_loss);
}

Result<TensorFile> StoredCoordinator::ModelAfter(RoundNumber round) const {
  const std::string asked = "the model of round " + std::to_string(round);
  std::optional<ModelRef> model;
  std::optional<double> loss;
  {
    const std::lock_guard lock(mutex_);
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<Event> log, options_.store->Load());
    for (const Event& event : log) {
      const auto* stored = std::get_if<ModelStored>(&event.what);
      if (stored != nullptr && stored->round == round) model = stored->model;
    }
    for (const auto& [version, of_version] : engine_.history()) {
      if (version == round + 1) loss = of_version;
    }
    if (!model) {
      return NotFound(asked + ": there is none yet, the current round is " +
                      std::to_string(engine_.round()));
    }
  }
  const Result<std::uint64_t> size = options_.blobs->Size(ModelBlobName(model->version));
  if (size.ok() || size.status().code() != StatusCode::kNotFound) return ModelFile(*model, loss);
  CONSILIUM_ASSIGN_OR_RETURN(const std::string kept, RoundsKept());
  return NotFound(asked + " was removed (the aggregator keeps the best and the latest " +
                  std::to_string(options_.retention.models) + "), kept are those of rounds " +
                  kept);
}

/// The rounds whose models are there, in order: "2, 4, 5".
Result<std::string> StoredCoordinator::RoundsKept() const {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> names, options_.blobs->List("models/"));
  RoundNumber latest = 0;
  {
    const std::lock_guard lock(mutex_);
    latest = engine_.model().version;
  }
  std::string kept;
  for (RoundNumber version = 1; version <= latest; ++version) {
    if (!std::ranges::binary_search(names, ModelBlobName(version))) continue;
    kept.append(kept.empty() ? "" : ", ").append(std::to_string(version - 1));
  }
  return kept;
}

Result<TensorFile> StoredCoordinator::ModelFile(const ModelRef& model,
                                                std::optional<double> loss) const {
  TensorFile file;
  file.blob.layout = layout_;
  CONSILIUM_ASSIGN_OR_RETURN(file.blob.bytes,
                             options_.blobs->ReadAll(ModelBlobName(model.version)));
  if (file.blob.bytes.size() != layout_->byte_size() ||
      Digest(options_.hasher, file.blob.bytes) != model.digest) {
    return DataLoss("the stored model does not match its digest");
  }
  // Controls serve training alone: the result is the network's state.
  CONSILIUM_ASSIGN_OR_RETURN(
      file.blob, Subset(file.blob, [](const EntrySpec& entry) { return !IsControl(entry); }));
  ModelMetadata metadata = MetadataOf(options_.plan, options_.initial.metadata);
  metadata.round = model.version - 1;
  if (loss.has_value()) metadata.metrics["validation_loss"] = *loss;
  metadata.model_sha256 = Digest(options_.hasher, file.blob.bytes);
  metadata.parent_sha256 = offer_.initial.digest;
  file.metadata = FormatModelMetadata(metadata);
  return file;
}

std::set<std::string> StoredCoordinator::ModelsKept(int state_slots) const {
  std::set<std::string> kept = ModelFilesToKeep(
      engine_.model().version, engine_.best_model().version, state_slots, options_.retention);
  for (const RoundNumber version : engine_.NeededModels()) kept.insert(ModelBlobName(version));
  return kept;
}

Status StoredCoordinator::RetirePending() {
  while (true) {
    std::vector<std::pair<RoundNumber, SiteId>> updates;
    std::set<std::string> kept;
    {
      const std::lock_guard lock(mutex_);
      if (retired_.empty()) return OkStatus();
      updates = retired_.front().updates;
      for (const auto& [site, known] : engine_.sites()) {
        updates.emplace_back(retired_.front().round, site);
      }
      kept = ModelsKept(strategy_->state_slots());
      kept.insert(SentBlobName(engine_.model().version));
    }
    for (const auto& [round, site] : updates) {
      const auto site_lock = spool_.LockSite(site);
      CONSILIUM_RETURN_IF_ERROR(spool_.Remove(round, site));
    }
    for (const std::string_view folder : {"models/", "sent/", "state/"}) {
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                                 options_.blobs->List(folder));
      for (const std::string& name : names) {
        if (!kept.contains(name)) CONSILIUM_RETURN_IF_ERROR(options_.blobs->Remove(name));
      }
    }
    const std::lock_guard lock(mutex_);
    retired_.pop_front();
  }
}

}  // namespace consilium
