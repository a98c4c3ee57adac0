/// Trained models that several trainings of a study begin from, each trained once.
///
/// Kept as FOLDER/NAME.safetensors, so that a resumed study, or another process on the same folder,
/// finds them: a name always stands for the same bits.
/// Threads  any. Whoever asks for a model that is being trained waits for it; other names go on.
#pragma once

#include "simulations/methods/central_fit.h"

#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace consilium {

class SharedModels {
 public:
  using Train = std::function<Result<FittedModel>()>;

  explicit SharedModels(std::string folder) : folder_(std::move(folder)) {}

  /// Trains, whether or not there is such a model, and keeps the result.
  /// Errors: those of `train` and of writing the file.
  Result<FittedModel> Renew(const std::string& name, const Train& train);
  /// The complete state of the model, trained now if there is none.
  /// Errors: those of Renew; kInvalidArgument for a file that is no such model.
  Result<ParameterBlob> Get(const std::string& name, const Train& train);

 private:
  std::mutex& TurnOf(const std::string& name);
  Result<FittedModel> TrainAndKeep(const std::string& name, const Train& train) const;
  std::string PathOf(const std::string& name) const;

  const std::string folder_;
  std::mutex mutex_;  // guards turns_
  std::map<std::string, std::mutex> turns_;
};

}  // namespace consilium
