#include "aggregator/grpc/service.h"

#include "aggregator/grpc/caller.h"
#include "common/federation/protocol_version.h"
#include "common/wire/from_proto.h"
#include "common/wire/run_metadata.h"
#include "common/wire/status_mapping.h"
#include "common/wire/to_proto.h"

#include "consilium/v1/federation.grpc.pb.h"
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

constexpr std::uint64_t kChunk = 1 << 20;
constexpr int kRunsNamed = 256;

/// The run that a call names; empty: none.
RunId RunNamedIn(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto named = metadata.find(kRunMetadata);
  if (named == metadata.end()) return {};
  return RunId(std::string(named->second.data(), named->second.size()));
}

Result<RunRequest> RequestOf(const v1::GetRunRequest& request, RunId wanted) {
  if (request.taking_part_size() > kRunsNamed - std::min(kRunsNamed, request.done_with_size())) {
    return InvalidArgument("runs: names more than " + std::to_string(kRunsNamed) + " of them");
  }
  RunRequest asked;
  asked.names_runs = request.names_runs();
  asked.wanted = std::move(wanted);
  for (const std::string& run : request.taking_part()) asked.taking_part.emplace_back(run);
  for (const std::string& run : request.done_with()) asked.done_with.emplace_back(run);
  return asked;
}

class FederationService final : public v1::Federation::Service {
 public:
  FederationService(std::shared_ptr<RunDirectory> runs, ServiceOptions options)
      : runs_(std::move(runs)), options_(std::move(options)) {}

  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                      v1::RunOffer* reply) override {
    return HandleCaller(*context, [&](const SiteId& site) -> Status {
      const ProtocolRange spoken{request->oldest_protocol(), request->newest_protocol()};
      CONSILIUM_ASSIGN_OR_RETURN(const std::uint32_t protocol,
                                 AgreedProtocol(site, spoken, kProtocols));
      CONSILIUM_ASSIGN_OR_RETURN(const RunRequest asked, RequestOf(*request, RunNamedIn(*context)));
      CONSILIUM_ASSIGN_OR_RETURN(const auto run, runs_->Offered(site, asked));
      *reply = ToProto(run->Offer());
      reply->set_protocol(protocol);
      return OkStatus();
    });
  }

  grpc::Status Join(grpc::ServerContext* context, const v1::SiteDeclaration* request,
                    v1::JoinReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(SiteDeclaration declaration, FromProto(*request, site));
      return coordinator.Join(std::move(declaration));
    });
  }

  grpc::Status NextInstruction(grpc::ServerContext* context,
                               const v1::NextInstructionRequest* request,
                               v1::Instruction* reply) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      const Millis patience(
          std::clamp<std::int64_t>(request->patience_millis(), 0, options_.longest_poll.count()));
      CONSILIUM_ASSIGN_OR_RETURN(const Instruction instruction,
                                 coordinator.NextInstruction(site, patience));
      *reply = ToProto(instruction);
      return OkStatus();
    });
  }

  grpc::Status Leave(grpc::ServerContext* context, const v1::LeaveRequest* /*request*/,
                     v1::LeaveReply* /*reply*/) override {
    return HandleCaller(*context, [&](const SiteId& site) -> Status {
      if (options_.on_left) options_.on_left(site);
      return OkStatus();
    });
  }

  grpc::Status FetchModel(grpc::ServerContext* context, const v1::FetchModelRequest* request,
                          grpc::ServerWriter<v1::ModelChunk>* writer) override {
    return Handle(*context, [&](const SiteId&, RoundCoordinator& coordinator) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const ModelRef model, FromProto(request->model()));
      if (request->offset() > model.byte_size) {
        return InvalidArgument("fetch.offset: behind the model's end");
      }
      return WriteModel(coordinator, model, request->offset(), *writer);
    });
  }

  grpc::Status BeginUpdate(grpc::ServerContext* context, const v1::UpdateHeader* request,
                           v1::BeginUpdateReply* reply) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const UpdateHeader header, FromProto(*request, site));
      CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t offset, coordinator.BeginUpdate(header));
      reply->set_offset(offset);
      return OkStatus();
    });
  }

  grpc::Status SubmitUpdate(grpc::ServerContext* context,
                            grpc::ServerReader<v1::SubmitUpdateRequest>* reader,
                            v1::SubmitUpdateReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      v1::SubmitUpdateRequest part;
      if (!reader->Read(&part) || !part.has_start()) {
        return InvalidArgument("update: expected its start first");
      }
      CONSILIUM_ASSIGN_OR_RETURN(const UpdateHeader header, FromProto(part.start().header(), site));
      CONSILIUM_RETURN_IF_ERROR(SpoolRest(coordinator, header, part.start().offset(), *reader));
      return coordinator.CommitUpdate(header);
    });
  }

  grpc::Status SubmitEvaluation(grpc::ServerContext* context, const v1::EvaluationReport* request,
                                v1::SubmitEvaluationReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(EvaluationReport report, FromProto(*request, site));
      return coordinator.SubmitEvaluation(std::move(report));
    });
  }

  grpc::Status Report(grpc::ServerContext* context, const v1::Progress* request,
                      v1::ReportReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site, RoundCoordinator& coordinator) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const Progress progress, FromProto(*request, site));
      return coordinator.ReportProgress(progress);
    });
  }

 private:
  /// The one wrapper of every handler: identity in, status out, nothing thrown passes.
  template <typename Body>
  grpc::Status HandleCaller(const grpc::ServerContext& context, const Body& body) noexcept {
    try {
      const Result<CertificateOwner> caller = CallerOf(context, CertificateRole::kSite);
      return ToGrpc(caller.ok() ? Noted(body(SiteId(caller->name))) : caller.status());
    } catch (const std::exception& thrown) {
      return ToGrpc(Noted(Internal(thrown.what())));
    } catch (...) {
      return ToGrpc(Noted(Internal("something unknown was thrown")));
    }
  }

  /// For calls about a run that the site is in.
  template <typename Body>
  grpc::Status Handle(const grpc::ServerContext& context, const Body& body) noexcept {
    return HandleCaller(context, [&](const SiteId& site) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const auto run, runs_->Current(site, RunNamedIn(context)));
      return body(site, *run);
    });
  }

  Status Noted(Status status) const {
    if (status.code() == StatusCode::kResourceExhausted) {
      // A full disk: nothing was acknowledged, and the site tries again until there is room.
      if (options_.on_fault) options_.on_fault(status.message());
      return Unavailable("the aggregator has no room at present");
    }
    if (status.code() != StatusCode::kInternal) return status;
    if (options_.on_fault) options_.on_fault(status.message());
    return Internal("a fault of the aggregator; its log says more");
  }

  static Status WriteModel(const RoundCoordinator& coordinator, const ModelRef& model,
                           std::uint64_t offset, grpc::ServerWriter<v1::ModelChunk>& writer) {
    v1::ModelChunk chunk;
    while (offset < model.byte_size) {
      std::string& data = *chunk.mutable_data();
      data.resize(std::min(kChunk, model.byte_size - offset));
      CONSILIUM_RETURN_IF_ERROR(coordinator.ReadModel(
          model, offset, std::as_writable_bytes(std::span(data.data(), data.size()))));
      if (!writer.Write(chunk)) return Cancelled("the site went away");
      offset += data.size();
    }
    return OkStatus();
  }

  static Status SpoolRest(RoundCoordinator& coordinator, const UpdateHeader& header,
                          std::uint64_t offset,
                          grpc::ServerReader<v1::SubmitUpdateRequest>& reader) {
    v1::SubmitUpdateRequest part;
    while (reader.Read(&part)) {
      if (!part.has_data()) return InvalidArgument("update: expected bytes after its start");
      if (offset > header.byte_size || part.data().size() > header.byte_size - offset) {
        return InvalidArgument("update: more bytes than its header says");
      }
      CONSILIUM_RETURN_IF_ERROR(
          coordinator.AppendUpdate(header.site, header.round, offset, AsBytes(part.data())));
      offset += part.data().size();
    }
    if (offset == header.byte_size) return OkStatus();
    return Unavailable("the update ended early, at byte " + std::to_string(offset));
  }

  const std::shared_ptr<RunDirectory> runs_;
  const ServiceOptions options_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFederationService(std::shared_ptr<RunDirectory> runs,
                                                     ServiceOptions options) {
  return std::make_unique<FederationService>(std::move(runs), std::move(options));
}

}  // namespace consilium
