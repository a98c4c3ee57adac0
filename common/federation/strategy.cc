#include "common/federation/strategy.h"

#include "common/federation/strategies/fed_avg.h"

namespace consilium {

Result<std::unique_ptr<AggregationStrategy>> MakeStrategy(std::string_view name) {
  if (name == FedAvg::kName)
    return std::unique_ptr<AggregationStrategy>(std::make_unique<FedAvg>());
  return InvalidArgument("strategy '" + std::string(name) + "' is unknown, expected " +
                         std::string(FedAvg::kName));
}

}  // namespace consilium
