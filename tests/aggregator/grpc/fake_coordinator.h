/// A RoundCoordinator that remembers what it was told and answers what a test wants.
#pragma once

#include "aggregator/round_coordinator.h"

#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace consilium {

class FakeCoordinator : public RoundCoordinator {
 public:
  RunOffer offer;
  Status join_status;
  std::function<Result<Instruction>()> next_instruction = [] { return Instruction(); };
  Bytes model;
  std::function<Status(std::uint64_t offset)> before_read = [](std::uint64_t) {
    return OkStatus();
  };
  std::function<Status(std::uint64_t offset)> before_append = [](std::uint64_t) {
    return OkStatus();
  };
  std::function<Status()> before_commit = [] { return OkStatus(); };
  Status begin_status;

  std::vector<SiteDeclaration> joined;
  std::vector<std::uint64_t> read_offsets;
  std::vector<std::uint64_t> append_offsets;
  Bytes spooled;
  std::vector<UpdateHeader> committed;
  std::vector<EvaluationReport> evaluations;
  std::vector<Progress> progress;
  Millis last_patience{0};

  RunOffer Offer() const override { return offer; }
  Status Join(SiteDeclaration declaration) override {
    joined.push_back(std::move(declaration));
    return join_status;
  }
  Result<Instruction> NextInstruction(const SiteId& /*site*/, Millis patience) override {
    last_patience = patience;
    return next_instruction();
  }
  Status ReadModel(const ModelRef& /*model*/, std::uint64_t offset,
                   std::span<std::byte> into) const override {
    const_cast<FakeCoordinator*>(this)->read_offsets.push_back(offset);
    CONSILIUM_RETURN_IF_ERROR(before_read(offset));
    std::copy_n(model.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return OkStatus();
  }
  Result<std::uint64_t> BeginUpdate(const UpdateHeader& /*header*/) override {
    if (!begin_status.ok()) return begin_status;
    return std::uint64_t{spooled.size()};
  }
  Status AppendUpdate(const SiteId& /*site*/, RoundNumber /*round*/, std::uint64_t offset,
                      ByteView bytes) override {
    append_offsets.push_back(offset);
    CONSILIUM_RETURN_IF_ERROR(before_append(offset));
    if (offset != spooled.size()) return FailedPrecondition("another offset");
    spooled.insert(spooled.end(), bytes.begin(), bytes.end());
    return OkStatus();
  }
  Status CommitUpdate(const UpdateHeader& header) override {
    committed.push_back(header);
    return before_commit();
  }
  Status SubmitEvaluation(EvaluationReport report) override {
    evaluations.push_back(std::move(report));
    return OkStatus();
  }
  Status ReportProgress(const Progress& report) override {
    progress.push_back(report);
    return OkStatus();
  }
  void SetActivity(RunActivity /*activity*/) override {}
  RunSnapshot Snapshot() const override { return {}; }
  Result<std::vector<Event>> Log() const override { return std::vector<Event>(); }
  Status HoldStill(const std::function<Status(const RunMoment& moment)>& body) const override {
    return body({});
  }
  bool WaitFinished(Millis /*patience*/) override { return false; }
  Result<TensorFile> FinalModel() const override { return FailedPrecondition("not finished"); }
  Result<TensorFile> ModelAfter(RoundNumber /*round*/) const override {
    return NotFound("no model");
  }
  ModelRef BestModel() const override { return {}; }
  Status Pump() override { return OkStatus(); }
  void Shutdown() override {}
};

}  // namespace consilium
