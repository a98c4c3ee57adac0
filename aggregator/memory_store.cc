#include "aggregator/round_store.h"

namespace consilium {
namespace {

class MemoryRoundStore final : public RoundStore {
 public:
  Status Append(const Event& event) override {
    events_.push_back(event);
    return OkStatus();
  }
  Result<std::vector<Event>> Load() const override { return events_; }

 private:
  std::vector<Event> events_;
};

}  // namespace

std::unique_ptr<RoundStore> MakeMemoryRoundStore() { return std::make_unique<MemoryRoundStore>(); }

}  // namespace consilium
