#include "common/federation/strategies/scaffold.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

class Correcting final : public RoundReducer {
 public:
  explicit Correcting(double rate) : rate_(rate) {}

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBuffer(chunk, result.next);
    const std::vector<double> weights = WeightsOf(chunk);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved_));
    const double total = SumOf(weights);
    const double divisor = IsControl(chunk.entry) ? 1 : total / rate_;
    MoveBy(chunk, moved_, divisor, result.next);
    return OkStatus();
  }

 private:
  double rate_;
  std::vector<double> moved_;
};

}  // namespace

Result<ParameterBlob> WithControls(const RunPlan& plan, ParameterBlob state) {
  if (plan.strategy != "scaffold") return state;
  std::vector<EntrySpec> entries = state.layout->entries();
  const std::size_t own = entries.size();
  entries.reserve(2 * own);
  for (std::size_t e = 0; e < own; ++e) {
    if (!IsTrained(entries[e])) continue;
    EntrySpec control = entries[e];
    control.name.insert(0, kControlPrefix);
    entries.push_back(std::move(control));
  }
  CONSILIUM_ASSIGN_OR_RETURN(state.layout, Layout::Make(std::move(entries)));
  state.bytes.resize(state.layout->byte_size());
  return state;
}

std::string_view ControlledName(const EntrySpec& control) {
  return std::string_view(control.name).substr(kControlPrefix.size());
}

std::unique_ptr<RoundReducer> Scaffold::Begin(std::span<const SiteFacts>) const {
  return std::make_unique<Correcting>(rate_);
}

}  // namespace consilium
