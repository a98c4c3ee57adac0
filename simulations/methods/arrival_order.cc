#include "simulations/methods/arrival_order.h"

#include <algorithm>
#include <utility>

namespace consilium {

class ArrivalOrder::OrderedTransport final : public Transport {
 public:
  OrderedTransport(ArrivalOrder& order, SiteId site, std::unique_ptr<Transport> transport)
      : order_(order), site_(std::move(site)), transport_(std::move(transport)) {}
  ~OrderedTransport() override { order_.Leave(site_); }

  Result<RunOffer> GetRun() override { return transport_->GetRun(); }
  Status Join(const SiteDeclaration& declaration) override { return transport_->Join(declaration); }
  Result<Instruction> NextInstruction(Millis) override {
    order_.Await(site_, time_);
    CONSILIUM_RETURN_IF_ERROR(order_.coordinator_.Pump());
    Result<Instruction> told = transport_->NextInstruction(Millis{0});
    if (told.ok() && told->kind == InstructionKind::kWait) ++time_;
    return told;
  }
  Result<Bytes> FetchModel(const ModelRef& model) override { return transport_->FetchModel(model); }
  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override {
    time_ += std::max<std::int64_t>(1, header.images_used);
    order_.Await(site_, time_);
    return transport_->SubmitUpdate(header, encoded);
  }
  Status SubmitEvaluation(const EvaluationReport& report) override {
    return transport_->SubmitEvaluation(report);
  }
  Status SendProgress(const Progress& progress) override {
    return transport_->SendProgress(progress);
  }

 private:
  ArrivalOrder& order_;
  const SiteId site_;
  const std::unique_ptr<Transport> transport_;
  std::int64_t time_ = 0;
};

std::unique_ptr<Transport> ArrivalOrder::InOrder(const SiteId& site,
                                                 std::unique_ptr<Transport> transport) {
  return std::make_unique<OrderedTransport>(*this, site, std::move(transport));
}

void ArrivalOrder::Await(const SiteId& site, std::int64_t time) {
  std::unique_lock lock(mutex_);
  if (acting_ == site) acting_.reset();
  waiting_[site] = time;
  changed_.notify_all();
  changed_.wait(lock, [&] { return IsNext(site); });
  waiting_.erase(site);
  acting_ = site;
}

void ArrivalOrder::Leave(const SiteId& site) {
  {
    const std::lock_guard lock(mutex_);
    there_.erase(site);
    waiting_.erase(site);
    if (acting_ == site) acting_.reset();
  }
  changed_.notify_all();
}

bool ArrivalOrder::IsNext(const SiteId& site) const {
  if (acting_ || waiting_.size() < there_.size()) return false;
  // Of equal times the first by name: waiting_ is in their order.
  const auto next =
      std::ranges::min_element(waiting_, {}, [](const auto& entry) { return entry.second; });
  return next->first == site;
}

}  // namespace consilium
