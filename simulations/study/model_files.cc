#include "simulations/study/model_files.h"

#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/model_metadata.h"
#include "simulations/study/file_name.h"

namespace consilium {
namespace {

Status WriteModel(const StudyContext& context, const std::string& name, ParameterBlob state,
                  ModelMetadata metadata, const std::string& site = "") {
  if (state.layout == nullptr) return OkStatus();
  metadata.model_sha256 = Digest(context.hasher, state.bytes);
  TensorFile file{std::move(state), FormatModelMetadata(metadata)};
  if (!site.empty()) file.metadata["site"] = site;
  return WriteFileAtomically(context.models_folder + "/" + name + ".safetensors",
                             SerializeSafetensors(file));
}

}  // namespace

Status KeepCentralModel(const StudyContext& context, const Job& job, const CentralFit& fit,
                        const FittedModel& model) {
  if (context.models_folder.empty()) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(const MultiTaskNet first, BeginningOf(fit));
  ModelMetadata metadata = MetadataOf(fit.plan);
  metadata.heads = HeadsMode::kShared;  // the file holds them
  metadata.input = model.net->input();
  metadata.metrics["best_epoch"] = model.best_epoch;
  if (model.best_loss.has_value()) metadata.metrics["validation_loss"] = *model.best_loss;
  metadata.parent_sha256 = Digest(context.hasher, ReadState(*first).bytes);
  return WriteModel(context, job.id, ReadState(*model.net), std::move(metadata));
}

Status KeepFederatedModel(const StudyContext& context, const Job& job, const FederatedRun& run,
                          const FederatedModel& model, const InputStatistics& input) {
  if (context.models_folder.empty()) return OkStatus();
  ModelMetadata metadata = MetadataOf(run.plan);
  metadata.input = input;
  metadata.round = model.best_version - 1;
  metadata.parent_sha256 = Digest(context.hasher, run.initial.blob.bytes);
  CONSILIUM_RETURN_IF_ERROR(WriteModel(context, job.id, model.shared, metadata));
  metadata.parent_sha256 = Digest(context.hasher, model.shared.bytes);
  for (const auto& [site, local] : model.local) {
    CONSILIUM_RETURN_IF_ERROR(
        WriteModel(context, job.id + "." + FileNamePart(site), local, metadata, site));
  }
  return OkStatus();
}

}  // namespace consilium
