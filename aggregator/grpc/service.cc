#include "aggregator/grpc/service.h"

#include "common/wire/from_proto.h"
#include "common/wire/status_mapping.h"
#include "common/wire/to_proto.h"

#include "consilium/v1/federation.grpc.pb.h"
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

constexpr std::uint64_t kChunk = 1 << 20;

/// Letters that a site's name may have: it becomes a part of file names.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

/// The caller, as its certificate says.
Result<SiteId> CallerOf(const grpc::ServerContext& context) {
  const auto peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) {
    return PermissionDenied("the caller has no certificate");
  }
  const auto names = peer->FindPropertyValues("x509_common_name");
  if (names.size() != 1) return PermissionDenied("the certificate needs one common name");
  const std::string name(names[0].data(), names[0].size());
  if (!IsPlainName(name)) return PermissionDenied("the certificate's name cannot be a site's");
  return SiteId(name);
}

class FederationService final : public v1::Federation::Service {
 public:
  FederationService(RoundCoordinator& coordinator, ServiceOptions options)
      : coordinator_(coordinator), options_(std::move(options)) {}

  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* /*request*/,
                      v1::RunOffer* reply) override {
    return Handle(*context, [&](const SiteId&) {
      *reply = ToProto(coordinator_.Offer());
      return OkStatus();
    });
  }

  grpc::Status Join(grpc::ServerContext* context, const v1::SiteDeclaration* request,
                    v1::JoinReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(SiteDeclaration declaration, FromProto(*request, site));
      return coordinator_.Join(std::move(declaration));
    });
  }

  grpc::Status NextInstruction(grpc::ServerContext* context,
                               const v1::NextInstructionRequest* request,
                               v1::Instruction* reply) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      const Millis patience(
          std::clamp<std::int64_t>(request->patience_millis(), 0, options_.longest_poll.count()));
      CONSILIUM_ASSIGN_OR_RETURN(const Instruction instruction,
                                 coordinator_.NextInstruction(site, patience));
      *reply = ToProto(instruction);
      if (instruction.kind == InstructionKind::kFinish && options_.on_finish_told) {
        options_.on_finish_told(site);
      }
      return OkStatus();
    });
  }

  grpc::Status FetchModel(grpc::ServerContext* context, const v1::FetchModelRequest* request,
                          grpc::ServerWriter<v1::ModelChunk>* writer) override {
    return Handle(*context, [&](const SiteId&) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const ModelRef model, FromProto(request->model()));
      if (request->offset() > model.byte_size) {
        return InvalidArgument("fetch.offset: behind the model's end");
      }
      return WriteModel(model, request->offset(), *writer);
    });
  }

  grpc::Status BeginUpdate(grpc::ServerContext* context, const v1::UpdateHeader* request,
                           v1::BeginUpdateReply* reply) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const UpdateHeader header, FromProto(*request, site));
      CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t offset, coordinator_.BeginUpdate(header));
      reply->set_offset(offset);
      return OkStatus();
    });
  }

  grpc::Status SubmitUpdate(grpc::ServerContext* context,
                            grpc::ServerReader<v1::SubmitUpdateRequest>* reader,
                            v1::SubmitUpdateReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      v1::SubmitUpdateRequest part;
      if (!reader->Read(&part) || !part.has_start()) {
        return InvalidArgument("update: expected its start first");
      }
      CONSILIUM_ASSIGN_OR_RETURN(const UpdateHeader header, FromProto(part.start().header(), site));
      CONSILIUM_RETURN_IF_ERROR(SpoolRest(header, part.start().offset(), *reader));
      return coordinator_.CommitUpdate(header);
    });
  }

  grpc::Status SubmitEvaluation(grpc::ServerContext* context, const v1::EvaluationReport* request,
                                v1::SubmitEvaluationReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(EvaluationReport report, FromProto(*request, site));
      return coordinator_.SubmitEvaluation(std::move(report));
    });
  }

  grpc::Status Report(grpc::ServerContext* context, const v1::Progress* request,
                      v1::ReportReply* /*reply*/) override {
    return Handle(*context, [&](const SiteId& site) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const Progress progress, FromProto(*request, site));
      return coordinator_.ReportProgress(progress);
    });
  }

 private:
  /// The one wrapper of every handler: identity in, status out, nothing thrown passes.
  template <typename Body>
  grpc::Status Handle(const grpc::ServerContext& context, const Body& body) noexcept {
    try {
      const Result<SiteId> caller = CallerOf(context);
      return ToGrpc(caller.ok() ? Noted(body(*caller)) : caller.status());
    } catch (const std::exception& thrown) {
      return ToGrpc(Noted(Internal(thrown.what())));
    } catch (...) {
      return ToGrpc(Noted(Internal("something unknown was thrown")));
    }
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

  Status WriteModel(const ModelRef& model, std::uint64_t offset,
                    grpc::ServerWriter<v1::ModelChunk>& writer) const {
    v1::ModelChunk chunk;
    while (offset < model.byte_size) {
      std::string& data = *chunk.mutable_data();
      data.resize(std::min(kChunk, model.byte_size - offset));
      CONSILIUM_RETURN_IF_ERROR(coordinator_.ReadModel(
          model, offset, std::as_writable_bytes(std::span(data.data(), data.size()))));
      if (!writer.Write(chunk)) return Cancelled("the site went away");
      offset += data.size();
    }
    return OkStatus();
  }

  Status SpoolRest(const UpdateHeader& header, std::uint64_t offset,
                   grpc::ServerReader<v1::SubmitUpdateRequest>& reader) {
    v1::SubmitUpdateRequest part;
    while (reader.Read(&part)) {
      if (!part.has_data()) return InvalidArgument("update: expected bytes after its start");
      if (offset > header.byte_size || part.data().size() > header.byte_size - offset) {
        return InvalidArgument("update: more bytes than its header says");
      }
      CONSILIUM_RETURN_IF_ERROR(
          coordinator_.AppendUpdate(header.site, header.round, offset, AsBytes(part.data())));
      offset += part.data().size();
    }
    if (offset == header.byte_size) return OkStatus();
    return Unavailable("the update ended early, at byte " + std::to_string(offset));
  }

  RoundCoordinator& coordinator_;
  const ServiceOptions options_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFederationService(RoundCoordinator& coordinator,
                                                     ServiceOptions options) {
  return std::make_unique<FederationService>(coordinator, std::move(options));
}

}  // namespace consilium
