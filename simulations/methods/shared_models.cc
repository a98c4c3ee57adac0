#include "simulations/methods/shared_models.h"

#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"

#include <filesystem>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxModel = std::uint64_t{8} << 30;

}  // namespace

std::string SharedModels::PathOf(const std::string& name) const {
  return folder_ + "/" + name + ".safetensors";
}

std::mutex& SharedModels::TurnOf(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return turns_[name];
}

Result<FittedModel> SharedModels::TrainAndKeep(const std::string& name, const Train& train) const {
  CONSILIUM_ASSIGN_OR_RETURN(FittedModel model, train());
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return Internal(folder_ + ": " + error.message());
  CONSILIUM_RETURN_IF_ERROR(
      WriteFileAtomically(PathOf(name), SerializeSafetensors({ReadState(*model.net), {}})));
  return model;
}

Result<FittedModel> SharedModels::Renew(const std::string& name, const Train& train) {
  const std::lock_guard turn(TurnOf(name));
  return TrainAndKeep(name, train);
}

Result<ParameterBlob> SharedModels::Get(const std::string& name, const Train& train) {
  const std::lock_guard turn(TurnOf(name));
  std::error_code error;
  if (!std::filesystem::exists(PathOf(name), error)) {
    CONSILIUM_ASSIGN_OR_RETURN(const FittedModel model, TrainAndKeep(name, train));
    return ReadState(*model.net);
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(PathOf(name), kMaxModel));
  CONSILIUM_ASSIGN_OR_RETURN(TensorFile parsed, ParseSafetensors(file, PathOf(name)));
  return std::move(parsed.blob);
}

}  // namespace consilium
