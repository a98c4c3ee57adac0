#include "aggregator/admin/commands.h"

#include "aggregator/admin/admin_client.h"
#include "aggregator/admin/backup_folder.h"
#include "aggregator/admin/completion.h"
#include "aggregator/admin/json_text.h"
#include "aggregator/admin/tables.h"
#include "aggregator/admin/transfer_progress.h"
#include "common/base/interrupt.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <chrono>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxPlan = 1 << 20;
constexpr std::uint64_t kMaxModel = std::uint64_t{1} << 36;

Result<Bytes> ReadInput(const std::string& path, std::uint64_t limit) {
  Result<Bytes> bytes = ReadFile(path, limit);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return bytes;
}

Status Start(AdminClient& client, const AdminConfig& config, std::ostream& out) {
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes plan, ReadInput(config.run_file, kMaxPlan));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes model, ReadInput(config.model_file, kMaxModel));
  CONSILIUM_ASSIGN_OR_RETURN(const RunChange change,
                             client.StartRun(std::string(AsText(plan)), config.run_file, model));
  out << (config.json ? JsonText(change) : ChangeLine(change));
  return OkStatus();
}

Status Order(AdminClient& client, const AdminConfig& config, RunOrder order, std::ostream& out) {
  CONSILIUM_ASSIGN_OR_RETURN(const RunChange change,
                             client.Order(RunId(config.name), order, config.cause));
  out << (config.json ? JsonText(change) : ChangeLine(change));
  return OkStatus();
}

Status ListSites(AdminClient& client, const AdminConfig& config, std::ostream& out) {
  CONSILIUM_ASSIGN_OR_RETURN(std::vector<SiteStatus> sites, client.Sites());
  if (config.command == AdminCommand::kSitesShow) {
    std::erase_if(sites, [&](const SiteStatus& site) { return site.site.str() != config.name; });
    if (sites.empty()) return NotFound("site " + config.name + ": never asked for a run");
  }
  out << (config.json ? JsonText(sites) : SitesTable(sites));
  return OkStatus();
}

Status Show(AdminClient& client, const AdminConfig& config, std::ostream& out) {
  CONSILIUM_ASSIGN_OR_RETURN(const RunDetail detail, client.Show(RunId(config.name)));
  if (config.command == AdminCommand::kRoundsShow) {
    out << (config.json ? JsonText(detail.rounds) : RoundsTable(detail.rounds));
  } else {
    out << (config.json ? JsonText(detail) : RunText(detail));
  }
  return OkStatus();
}

Status Follow(AdminClient& client, const AdminConfig& config, std::ostream& out) {
  return client.FollowEvents(config.only_past, [&](const AdminEvent& event) {
    out << (config.json ? JsonText(event) : EventLine(event)) << std::flush;
    return out.good();
  });
}

/// Shows a transfer and ends it when the operator asks.
TransferObserver Watch(const std::string& what, const ProgressOutput& output) {
  using SteadyClock = std::chrono::steady_clock;
  InstallInterruptHandler();
  return [&output, progress = TransferProgress(what, output.on_terminal),
          begun = SteadyClock::now()](std::uint64_t done, std::uint64_t total) mutable -> Status {
    if (ProcessInterrupt().Requested()) return Cancelled("interrupted, nothing of it stays");
    const auto elapsed = std::chrono::duration_cast<Millis>(SteadyClock::now() - begun);
    output.out << progress.Update(done, total, elapsed) << std::flush;
    return OkStatus();
  };
}

void ShowBackup(const BackupStart& start, const std::string& folder, bool json, std::ostream& out) {
  if (json) {
    out << BackupJson(start, folder);
  } else {
    out << "as of " << TimeText(start.at) << " UTC in " << BackupText(start, folder);
  }
}

Status Backup(AdminClient& client, const AdminConfig& config, std::ostream& out,
              const ProgressOutput& progress) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto writer,
                             BackupWriter::Make(config.out_file, Watch("backup", progress)));
  CONSILIUM_RETURN_IF_ERROR(
      client.Backup([&](const BackupPart& part) { return writer->Take(part); }));
  CONSILIUM_ASSIGN_OR_RETURN(const BackupManifest manifest, writer->Finish());
  ShowBackup(manifest.start, config.out_file, config.json, out);
  return OkStatus();
}

Status Restore(const AdminConfig& config, std::ostream& out, const ProgressOutput& progress) {
  CONSILIUM_ASSIGN_OR_RETURN(
      const BackupManifest manifest,
      RestoreBackup(config.backup, config.state_folder, Watch("restore", progress)));
  ShowBackup(manifest.start, config.state_folder, config.json, out);
  return OkStatus();
}

Status Do(AdminClient& client, const AdminConfig& config, std::ostream& out,
          const ProgressOutput& progress) {
  switch (config.command) {
    case AdminCommand::kRunsStart:
      return Start(client, config, out);
    case AdminCommand::kRunsList: {
      CONSILIUM_ASSIGN_OR_RETURN(const std::vector<RunSummary> runs, client.Runs());
      out << (config.json ? JsonText(runs) : RunsTable(runs));
      return OkStatus();
    }
    case AdminCommand::kRunsShow:
    case AdminCommand::kRoundsShow:
      return Show(client, config, out);
    case AdminCommand::kRunsPause:
      return Order(client, config, RunOrder::kPause, out);
    case AdminCommand::kRunsResume:
      return Order(client, config, RunOrder::kResume, out);
    case AdminCommand::kRunsCancel:
      return Order(client, config, RunOrder::kCancel, out);
    case AdminCommand::kRunsRemove:
      return Order(client, config, RunOrder::kRemove, out);
    case AdminCommand::kSitesList:
    case AdminCommand::kSitesShow:
      return ListSites(client, config, out);
    case AdminCommand::kModelExport: {
      CONSILIUM_ASSIGN_OR_RETURN(const Bytes file,
                                 client.ExportModel(RunId(config.name), config.round));
      return WriteFileAtomically(config.out_file, file);
    }
    case AdminCommand::kEventsFollow:
      return Follow(client, config, out);
    case AdminCommand::kBackup:
      return Backup(client, config, out, progress);
    case AdminCommand::kRestore:
    case AdminCommand::kCompletion:
      break;
  }
  return Internal("a command without action");
}

}  // namespace

Status RunAdminCommand(const AdminConfig& config, std::ostream& out,
                       const ProgressOutput& progress) {
  if (config.command == AdminCommand::kCompletion) {
    out << BashCompletion();
    return OkStatus();
  }
  if (config.command == AdminCommand::kRestore) return Restore(config, out, progress);
  AdminClient::Options options;
  options.aggregator = config.aggregator;
  CONSILIUM_ASSIGN_OR_RETURN(
      options.identity, ReadTlsIdentity(config.ca_file, config.certificate_file, config.key_file));
  CONSILIUM_ASSIGN_OR_RETURN(const auto client, AdminClient::Make(options));
  return Do(*client, config, out, progress);
}

}  // namespace consilium
