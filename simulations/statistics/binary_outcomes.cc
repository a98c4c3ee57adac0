#include "simulations/statistics/binary_outcomes.h"

#include "simulations/statistics/descriptive.h"

namespace consilium {

Status CheckBinary(std::span<const double> scores, std::span<const int> outcomes) {
  if (scores.size() != outcomes.size()) {
    return InvalidArgument("as many scores as outcomes are needed, not " +
                           std::to_string(scores.size()) + " and " +
                           std::to_string(outcomes.size()));
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] != 0 && outcomes[i] != 1) {
      return InvalidArgument("outcome " + std::to_string(i + 1) + " is " +
                             std::to_string(outcomes[i]) + ", neither 0 nor 1");
    }
  }
  return CheckFinite(scores, "scores");
}

Status CheckProbabilities(std::span<const double> probabilities, std::span<const int> outcomes) {
  CONSILIUM_RETURN_IF_ERROR(CheckBinary(probabilities, outcomes));
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] < 0 || probabilities[i] > 1) {
      return InvalidArgument("probability " + std::to_string(i + 1) + " is not in [0, 1]");
    }
  }
  return OkStatus();
}

}  // namespace consilium
