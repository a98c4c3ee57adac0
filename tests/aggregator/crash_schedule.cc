#include "tests/aggregator/crash_schedule.h"

#include "aggregator/in_process_transport.h"
#include "tests/aggregator/fake_run.h"

namespace consilium {
namespace {

Result<Bytes> RunOnce(const RunPlan& plan, BlobStore& blobs, RoundStore& store) {
  const SimulatedClock clock{Timestamp{1'000'000}};
  CONSILIUM_ASSIGN_OR_RETURN(const auto run,
                             RoundCoordinator::Open(FakeOptions(plan, blobs, store, clock)));
  std::vector<FakeSite> sites;
  for (const std::string name : {"A", "B", "C"}) {
    sites.emplace_back(name, MakeInProcessTransport(SiteId(name), *run));
    CONSILIUM_RETURN_IF_ERROR(sites.back().Join());
  }
  CONSILIUM_RETURN_IF_ERROR(RunToTheEnd(*run, sites));
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile model, run->FinalModel());
  return model.blob.bytes;
}

}  // namespace

Result<Bytes> RunThroughPowerCut(LastingStores& stores, int at, PowerCut::Moment moment,
                                 bool& cut_happened, const RunPlan& plan) {
  PowerCut cut(at, moment);
  CutBlobStore blobs(*stores.blobs, cut);
  CutRoundStore store(*stores.store, cut);
  Result<Bytes> result = RunOnce(plan, blobs, store);
  cut_happened = cut.happened();
  if (result.ok() || !cut.happened()) return result;
  return RunOnce(plan, *stores.blobs, *stores.store);
}

}  // namespace consilium
