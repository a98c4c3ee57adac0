/// A transport that plays a script: instructions come in order, the model of version r + 1 is the
/// update of round r, and what the site sends is kept. Threads: one.
#pragma once

#include "common/federation/transport.h"

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace consilium {

class FakeTransport : public Transport {
 public:
  RunOffer offer;
  Bytes initial;
  std::map<RoundNumber, Bytes> models;  ///< shared state by version
  std::deque<Instruction> script;
  std::set<RoundNumber> closed_rounds;  ///< their updates come too late
  /// The next question and the next update find an aggregator that does not know the site.
  bool forgotten = false;

  std::vector<RoundNumber> fetched;  ///< versions
  std::vector<SiteDeclaration> joined;
  std::vector<std::pair<UpdateHeader, Bytes>> updates;
  std::vector<EvaluationReport> evaluations;

  Result<RunOffer> GetRun() override { return offer; }
  Status Join(const SiteDeclaration& declaration) override {
    joined.push_back(declaration);
    forgotten = false;
    return OkStatus();
  }
  Result<Instruction> NextInstruction(Millis) override {
    if (forgotten) return NotFound("has not joined this run");
    if (script.empty()) return Unavailable("the script is over");
    const Instruction next = script.front();
    script.pop_front();
    return next;
  }
  Result<Bytes> FetchModel(const ModelRef& model) override {
    fetched.push_back(model.version);
    if (model.version == kInitialModel) return initial;
    const auto found = models.find(model.version);
    if (found == models.end()) return NotFound("model " + std::to_string(model.version));
    return found->second;
  }
  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override {
    if (forgotten) return NotFound("has not joined this run");
    if (closed_rounds.contains(header.round)) return FailedPrecondition("the round is closed");
    updates.emplace_back(header, Bytes(encoded.begin(), encoded.end()));
    models[header.round + 1] = updates.back().second;
    return OkStatus();
  }
  Status SubmitEvaluation(const EvaluationReport& report) override {
    evaluations.push_back(report);
    return OkStatus();
  }
  Status SendProgress(const Progress&) override { return OkStatus(); }
};

}  // namespace consilium
