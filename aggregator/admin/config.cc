#include "aggregator/admin/config.h"

#include "common/config/command_line.h"
#include "common/version/version.h"

#include <CLI/CLI.hpp>

namespace consilium {
namespace {

/// One command; choosing it is remembered in `config`.
CLI::App* Add(CLI::App* group, const std::string& name, const std::string& what,
              AdminCommand command, AdminConfig& config) {
  CLI::App* const sub = group->add_subcommand(name, what);
  sub->callback([&config, command] { config.command = command; });
  return sub;
}

CLI::App* Group(CLI::App& app, const std::string& name, const std::string& what) {
  CLI::App* const group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

void AddRuns(CLI::App& app, AdminConfig& config) {
  CLI::App* const runs = Group(app, "runs", "Start, watch and order runs");
  CLI::App* const start = Add(runs, "start", "Queue a run", AdminCommand::kRunsStart, config);
  start->add_option("--run", config.run_file, "The run, YAML (configs/run.yaml)")->required();
  start->add_option("--model", config.model_file, "First model, from consilium-sim init")
      ->required();
  Add(runs, "list", "All runs and their states", AdminCommand::kRunsList, config);
  const auto named = [&](const char* name, const char* what, AdminCommand command) {
    CLI::App* const sub = Add(runs, name, what, command, config);
    sub->add_option("RUN", config.name, "Name of the run")->required();
    return sub;
  };
  named("show", "One run: changes of its state, and its sites", AdminCommand::kRunsShow);
  for (CLI::App* const order :
       {named("pause", "Give sites nothing new to do", AdminCommand::kRunsPause),
        named("resume", "Go on", AdminCommand::kRunsResume),
        named("cancel", "End it for good", AdminCommand::kRunsCancel),
        named("remove", "Delete models and log of a run that is over",
              AdminCommand::kRunsRemove)}) {
    order->add_option("--cause", config.cause, "Why; stored with the change");
  }
}

void AddBackups(CLI::App& app, AdminConfig& config) {
  Add(&app, "backup", "Copy the aggregator's whole store while its runs go on",
      AdminCommand::kBackup, config)
      ->add_option("--out", config.out_file, "New folder for the backup, on this machine")
      ->required();
  CLI::App* const restore =
      Add(&app, "restore", "Make the state folder of an aggregator out of a backup",
          AdminCommand::kRestore, config);
  restore->add_option("BACKUP", config.backup, "Folder of the backup")->required();
  restore
      ->add_option("--state", config.state_folder, "New or empty folder for consilium-aggregator")
      ->required();
}

}  // namespace

Result<std::optional<AdminConfig>> ParseAdminCommand(int argc, const char* const* argv) {
  CLI::App app(
      "Orders an aggregator: runs, sites, rounds, results. Options of the connection may come\n"
      "from a file: consilium-admin --config admin.yaml runs list");
  app.name("consilium-admin");
  app.set_version_flag("--version", VersionLine("consilium-admin"));
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 wrong input or usage, 130 interrupted, 1 anything else.");
  AdminConfig config;
  app.add_option("--aggregator", config.aggregator, "HOST:PORT of the aggregator");
  app.add_option("--ca", config.ca_file, "Certificate of the consortium's CA");
  app.add_option("--cert", config.certificate_file, "The operator's certificate");
  app.add_option("--key", config.key_file, "Its key");
  app.add_flag("--json", config.json, "Print JSON for scripts");
  AddRuns(app, config);

  CLI::App* const sites = Group(app, "sites", "Who takes part");
  Add(sites, "list", "All sites", AdminCommand::kSitesList, config);
  Add(sites, "show", "One site", AdminCommand::kSitesShow, config)
      ->add_option("SITE", config.name, "Its name")
      ->required();
  Add(Group(app, "rounds", "The ledger"), "show", "Who was in which round, and why not",
      AdminCommand::kRoundsShow, config)
      ->add_option("RUN", config.name, "Name of the run")
      ->required();
  CLI::App* const model =
      Add(Group(app, "model", "Results"), "export", "Write the best model of a run that is over",
          AdminCommand::kModelExport, config);
  model->add_option("RUN", config.name, "Name of the run")->required();
  model->add_option("--round", config.round, "The model that this round gave, not the best one");
  model->add_option("--out", config.out_file, "File to write (.safetensors)")->required();
  Add(Group(app, "events", "What happens"), "follow", "One line per event, as it comes",
      AdminCommand::kEventsFollow, config)
      ->add_flag("--past", config.only_past, "Only what has happened so far");
  AddBackups(app, config);
  Add(Group(app, "completion", "Completion for a shell"), "bash", "Print the script for bash",
      AdminCommand::kCompletion, config);

  CONSILIUM_ASSIGN_OR_RETURN(const bool given, ParseCommandLine(app, argc, argv));
  if (!given) return std::optional<AdminConfig>();
  const bool connects =
      config.command != AdminCommand::kCompletion && config.command != AdminCommand::kRestore;
  if (connects && (config.aggregator.empty() || config.ca_file.empty() ||
                   config.certificate_file.empty() || config.key_file.empty())) {
    return InvalidArgument("--aggregator, --ca, --cert and --key are required; see --help");
  }
  return std::optional<AdminConfig>(std::move(config));
}

}  // namespace consilium
