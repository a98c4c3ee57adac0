/// A small run for the coordinator's tests: a plan, a first model, and sites that compute nothing
/// but follow every rule of the protocol. All they send is a function of what they were told.
#pragma once

#include "aggregator/round_coordinator.h"
#include "common/federation/transport.h"

#include <memory>
#include <string>
#include <vector>

namespace consilium {

/// Two rounds of three sites with shared heads; lasts as long as a test says.
RunPlan FakePlan(int rounds = 2, int sites = 3);
/// A trunk, its normalisation and two heads.
TensorFile FakeInitialModel();
/// Without a worker: the test calls Pump. The three must outlive the coordinator.
RoundCoordinator::Options FakeOptions(RunPlan plan, BlobStore& blobs, RoundStore& store,
                                      const Clock& clock);
/// A holds prognosis, B holds brixia, everybody else both; sizes differ.
SiteDeclaration FakeDeclaration(const std::string& site);

struct FakeUpdate {
  UpdateHeader header;
  Bytes encoded;
};
/// What `site` makes of `model` in `round`.
FakeUpdate TrainFake(const SiteId& site, RoundNumber round, const Bytes& model);
/// Losses fall with the version.
EvaluationReport EvaluateFake(const SiteId& site, RoundNumber version);

/// One site against one transport.
class FakeSite {
 public:
  FakeSite(std::string name, std::unique_ptr<Transport> transport)
      : site_(std::move(name)), transport_(std::move(transport)) {}

  Status Join() { return transport_->Join(FakeDeclaration(site_.str())); }
  /// Asks for the next instruction and follows it. The first error ends it.
  Result<InstructionKind> Follow(Millis patience = Millis{0});
  const SiteId& id() const { return site_; }
  Transport& transport() { return *transport_; }

 private:
  SiteId site_;
  std::unique_ptr<Transport> transport_;
};

/// Lets the sites and the coordinator (without worker) take turns until the run is finished.
/// Errors: the first that a site or Pump meets; kDeadlineExceeded if nothing comes to an end.
Status RunToTheEnd(RoundCoordinator& coordinator, std::vector<FakeSite>& sites);
std::vector<FakeSite> JoinAll(RoundCoordinator& coordinator, const std::vector<std::string>& names);

}  // namespace consilium
