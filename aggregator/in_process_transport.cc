#include "aggregator/in_process_transport.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

class InProcessTransport final : public Transport {
 public:
  InProcessTransport(SiteId site, RoundCoordinator& coordinator)
      : site_(std::move(site)), coordinator_(coordinator) {}

  Result<RunOffer> GetRun() override { return coordinator_.Offer(); }

  Status Join(const SiteDeclaration& declaration) override {
    SiteDeclaration mine = declaration;
    mine.site = site_;
    return coordinator_.Join(std::move(mine));
  }

  Result<Instruction> NextInstruction(Millis patience) override {
    return coordinator_.NextInstruction(site_, patience);
  }

  Result<Bytes> FetchModel(const ModelRef& model) override {
    Bytes bytes(static_cast<std::size_t>(model.byte_size));
    CONSILIUM_RETURN_IF_ERROR(coordinator_.ReadModel(model, 0, bytes));
    return bytes;
  }

  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override {
    UpdateHeader mine = header;
    mine.site = site_;
    if (mine.byte_size != encoded.size()) {
      return InvalidArgument("site " + site_.str() + ": byte_size: expected " +
                             std::to_string(encoded.size()));
    }
    CONSILIUM_ASSIGN_OR_RETURN(std::uint64_t at, coordinator_.BeginUpdate(mine));
    while (at < encoded.size()) {
      const std::size_t size = std::min<std::size_t>(kChunk, encoded.size() - at);
      CONSILIUM_RETURN_IF_ERROR(
          coordinator_.AppendUpdate(site_, mine.round, at, encoded.subspan(at, size)));
      at += size;
    }
    return coordinator_.CommitUpdate(mine);
  }

  Status SubmitEvaluation(const EvaluationReport& report) override {
    EvaluationReport mine = report;
    mine.site = site_;
    return coordinator_.SubmitEvaluation(std::move(mine));
  }

  Status SendProgress(const Progress& progress) override {
    Progress mine = progress;
    mine.site = site_;
    return coordinator_.ReportProgress(mine);
  }

 private:
  SiteId site_;
  RoundCoordinator& coordinator_;
};

}  // namespace

std::unique_ptr<Transport> MakeInProcessTransport(SiteId site, RoundCoordinator& coordinator) {
  return std::make_unique<InProcessTransport>(std::move(site), coordinator);
}

}  // namespace consilium
