/// Power cuts at every step: stores that stop working at the n-th change, before or after it took
/// place, and a run that is opened again on what is left.
#pragma once

#include "aggregator/round_store.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/forwarding_blob_store.h"

#include <memory>

namespace consilium {

/// Counts changes of both stores; from the n-th on nothing works any more.
class PowerCut {
 public:
  enum class Moment { kBeforeTheChange, kAfterTheChange };
  PowerCut(int at, Moment moment) : left_(at), moment_(moment) {}

  bool happened() const { return happened_; }
  /// Runs `change` unless the power is gone.
  template <typename Change>
  Status Guard(const Change& change) {
    if (!happened_ && --left_ > 0) return change();
    const bool goes_now = !happened_;
    happened_ = true;
    if (goes_now && moment_ == Moment::kAfterTheChange) CONSILIUM_RETURN_IF_ERROR(change());
    return Unavailable("the power is gone");
  }

 private:
  int left_;
  Moment moment_;
  bool happened_ = false;
};

class CutBlobStore final : public ForwardingBlobStore {
 public:
  CutBlobStore(BlobStore& below, PowerCut& cut) : ForwardingBlobStore(below), cut_(cut) {}
  Status Append(std::string_view name, std::uint64_t offset, ByteView bytes) override {
    return cut_.Guard([&] { return ForwardingBlobStore::Append(name, offset, bytes); });
  }
  Status Commit(std::string_view name) override {
    return cut_.Guard([&] { return ForwardingBlobStore::Commit(name); });
  }
  Status Discard(std::string_view name) override {
    return cut_.Guard([&] { return ForwardingBlobStore::Discard(name); });
  }
  Status Remove(std::string_view name) override {
    return cut_.Guard([&] { return ForwardingBlobStore::Remove(name); });
  }

 private:
  PowerCut& cut_;
};

class CutRoundStore final : public RoundStore {
 public:
  CutRoundStore(RoundStore& below, PowerCut& cut) : below_(below), cut_(cut) {}
  Status Append(const Event& event) override {
    return cut_.Guard([&] { return below_.Append(event); });
  }
  Result<std::vector<Event>> Load() const override { return below_.Load(); }

 private:
  RoundStore& below_;
  PowerCut& cut_;
};

/// Where a run lives while coordinators come and go.
struct LastingStores {
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<RoundStore> store;
};

/// The final model of a run whose power goes at change `at` and comes back at once.
/// Sets `cut_happened`; errors: the first that no power cut explains.
Result<Bytes> RunThroughPowerCut(LastingStores& stores, int at, PowerCut::Moment moment,
                                 bool& cut_happened, const RunPlan& plan = FakePlan());

}  // namespace consilium
