#include "aggregator/grpc/admin_service.h"

#include "aggregator/grpc/caller.h"
#include "common/security/sha256.h"
#include "common/wire/admin_proto.h"
#include "common/wire/status_mapping.h"

#include "consilium/v1/admin.grpc.pb.h"
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

constexpr std::size_t kChunk = 1 << 20;
constexpr std::size_t kEventsAtOnce = 256;
constexpr Millis kLookAtCaller{500};  // how long a caller that went away may go unnoticed

class AdminService final : public v1::Admin::Service {
 public:
  AdminService(RunAdmin& admin, std::function<void(const std::string&)> on_fault)
      : admin_(admin), on_fault_(std::move(on_fault)) {}

  grpc::Status StartRun(grpc::ServerContext* context,
                        grpc::ServerReader<v1::StartRunRequest>* reader,
                        v1::RunChange* reply) override {
    return Handle(*context, [&](const std::string& actor) -> Status {
      v1::StartRunRequest part;
      if (!reader->Read(&part) || !part.has_plan()) {
        return InvalidArgument("start: expected the plan first");
      }
      CONSILIUM_ASSIGN_OR_RETURN(
          const std::unique_ptr<RunIntake> intake,
          admin_.StartRun(part.plan().yaml(), part.plan().file_name(), actor));
      while (reader->Read(&part)) {
        if (!part.has_model()) return InvalidArgument("start: expected bytes after the plan");
        CONSILIUM_RETURN_IF_ERROR(intake->AppendModel(AsBytes(part.model())));
      }
      if (context->IsCancelled()) return Cancelled("the operator went away");
      CONSILIUM_ASSIGN_OR_RETURN(const RunChange change, intake->Finish());
      *reply = ToProto(change);
      return OkStatus();
    });
  }

  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* /*request*/,
                        v1::ListRunsReply* reply) override {
    return Handle(*context, [&](const std::string&) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<RunSummary> runs, admin_.Runs());
      for (const RunSummary& run : runs) *reply->add_runs() = ToProto(run);
      return OkStatus();
    });
  }

  grpc::Status ShowRun(grpc::ServerContext* context, const v1::ShowRunRequest* request,
                       v1::RunDetail* reply) override {
    return Handle(*context, [&](const std::string&) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const RunDetail detail, admin_.Show(RunId(request->run())));
      *reply = ToProto(detail);
      return OkStatus();
    });
  }

  grpc::Status OrderRun(grpc::ServerContext* context, const v1::OrderRunRequest* request,
                        v1::RunChange* reply) override {
    return Handle(*context, [&](const std::string& actor) -> Status {
      const Result<RunOrder> order = ParseRunOrder(request->order());
      if (!order.ok()) return order.status().WithContext("order");
      CONSILIUM_ASSIGN_OR_RETURN(const RunChange change, admin_.Order(RunId(request->run()), *order,
                                                                      request->cause(), actor));
      *reply = ToProto(change);
      return OkStatus();
    });
  }

  grpc::Status ListSites(grpc::ServerContext* context, const v1::ListSitesRequest* /*request*/,
                         v1::ListSitesReply* reply) override {
    return Handle(*context, [&](const std::string&) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<SiteStatus> sites, admin_.Sites());
      for (const SiteStatus& site : sites) *reply->add_sites() = ToProto(site);
      return OkStatus();
    });
  }

  grpc::Status ExportModel(grpc::ServerContext* context, const v1::ExportModelRequest* request,
                           grpc::ServerWriter<v1::ModelBytes>* writer) override {
    return Handle(*context, [&](const std::string&) -> Status {
      std::optional<RoundNumber> round;
      if (request->has_round()) round = request->round();
      CONSILIUM_ASSIGN_OR_RETURN(const TensorFile model,
                                 admin_.Export(RunId(request->run()), round));
      const Bytes file = SerializeSafetensors(model);
      v1::ModelBytes chunk;
      for (std::size_t at = 0; at < file.size(); at += kChunk) {
        chunk.set_data(file.data() + at, std::min(kChunk, file.size() - at));
        if (!writer->Write(chunk)) return Cancelled("the operator went away");
      }
      return OkStatus();
    });
  }

  grpc::Status Backup(grpc::ServerContext* context, const v1::BackupRequest* /*request*/,
                      grpc::ServerWriter<v1::BackupPart>* writer) override {
    return Handle(*context, [&](const std::string& actor) -> Status {
      CONSILIUM_ASSIGN_OR_RETURN(const std::unique_ptr<BackupSource> source, admin_.Backup(actor));
      const auto send = [&](const BackupPart& part) {
        return writer->Write(ToProto(part)) ? OkStatus() : Cancelled("the operator went away");
      };
      CONSILIUM_RETURN_IF_ERROR(send(source->start()));
      for (std::size_t file = 0; file < source->files().size(); ++file) {
        CONSILIUM_RETURN_IF_ERROR(SendFile(*source, file, send));
      }
      return OkStatus();
    });
  }

  grpc::Status FollowEvents(grpc::ServerContext* context, const v1::FollowEventsRequest* request,
                            grpc::ServerWriter<v1::AdminEvent>* writer) override {
    return Handle(*context, [&](const std::string&) -> Status {
      std::int64_t after = request->after();
      while (!context->IsCancelled()) {
        const Millis patience = request->only_past() ? Millis(0) : kLookAtCaller;
        const std::vector<AdminEvent> events = admin_.Events(after, kEventsAtOnce, patience);
        if (events.empty() && request->only_past()) return OkStatus();
        for (const AdminEvent& event : events) {
          if (!writer->Write(ToProto(event))) return OkStatus();
          after = event.sequence;
        }
      }
      return OkStatus();
    });
  }

 private:
  static Status SendFile(const BackupSource& source, std::size_t index,
                         const std::function<Status(const BackupPart&)>& send) {
    const BackupSource::File& file = source.files()[index];
    CONSILIUM_RETURN_IF_ERROR(send(file.file));
    const std::unique_ptr<Hasher> hasher = Sha256()();
    Bytes buffer(std::min<std::uint64_t>(kChunk, file.file.byte_size));
    for (std::uint64_t at = 0; at < file.file.byte_size; at += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(kChunk, file.file.byte_size - at));
      CONSILIUM_RETURN_IF_ERROR(source.ReadAt(index, at, buffer));
      hasher->Update(buffer);
      CONSILIUM_RETURN_IF_ERROR(send(ByteView(buffer)));
    }
    BackupFileEnd end{hasher->Finish()};
    if (file.digest.empty() || file.digest == end.sha256) return send(end);
    return DataLoss(file.file.path + ": is damaged at the aggregator: SHA-256 " + end.sha256 +
                    ", the run's log says " + file.digest);
  }

  /// The one wrapper of every handler: an operator in, status out, nothing thrown passes.
  template <typename Body>
  grpc::Status Handle(const grpc::ServerContext& context, const Body& body) noexcept {
    try {
      const Result<CertificateOwner> caller = CallerOf(context, CertificateRole::kOperator);
      return ToGrpc(caller.ok() ? Noted(body(caller->name)) : caller.status());
    } catch (const std::exception& thrown) {
      return ToGrpc(Noted(Internal(thrown.what())));
    } catch (...) {
      return ToGrpc(Noted(Internal("something unknown was thrown")));
    }
  }

  Status Noted(Status status) const {
    if (status.code() == StatusCode::kInternal && on_fault_) on_fault_(status.message());
    return status;
  }

  RunAdmin& admin_;
  const std::function<void(const std::string&)> on_fault_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(RunAdmin& admin,
                                                std::function<void(const std::string&)> on_fault) {
  return std::make_unique<AdminService>(admin, std::move(on_fault));
}

}  // namespace consilium
