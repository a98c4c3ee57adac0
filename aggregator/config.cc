#include "aggregator/config.h"

#include "common/config/command_line.h"
#include "common/version/version.h"

#include <CLI/CLI.hpp>

namespace consilium {

Result<std::optional<AggregatorCommand>> ParseAggregatorCommand(int argc, const char* const* argv) {
  CLI::App app("Runs the rounds of a federated training and combines the sites' models.");
  app.name("consilium-aggregator");
  app.set_version_flag("--version", VersionLine("consilium-aggregator"));
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 wrong input or usage, 130 interrupted, 1 anything else.");

  ThrowAwayCaOptions ca;
  CLI::App* const make_ca =
      app.add_subcommand("make-ca", "Write a throw-away CA with certificates for all");
  make_ca->add_option("--out", ca.folder, "Folder for certificates and keys")->required();
  make_ca->add_option("--sites", ca.sites, "Names of the sites: A,B")->delimiter(',')->required();
  make_ca->add_option("--operators", ca.operators, "Names of the operators: carol")->delimiter(',');
  make_ca->add_option("--hosts", ca.aggregator_hosts, "Names and addresses of the aggregator")
      ->delimiter(',')
      ->capture_default_str();
  make_ca->add_option("--days", ca.valid_days, "How long they are valid")->capture_default_str();

  ServeConfig config;
  CLI::App* const serve = app.add_subcommand(
      "serve", "Serve the runs that consilium-admin starts, or with --run that one alone");
  CLI::Option* const run =
      serve->add_option("--run", config.run_file, "The run, YAML (configs/run.yaml)");
  CLI::Option* const model =
      serve->add_option("--model", config.model_file, "First model, from consilium-sim init");
  run->needs(model);
  model->needs(run);
  serve->add_option("--state", config.state_folder, "Folder that keeps the run over restarts")
      ->required();
  serve->add_option("--listen", config.listen, "HOST:PORT; port 0 takes a free one")
      ->capture_default_str();
  serve->add_option("--ca", config.ca_file, "Certificate of the CA")->required();
  serve->add_option("--cert", config.certificate_file, "The aggregator's certificate")->required();
  serve->add_option("--key", config.key_file, "Its key")->required();
  serve
      ->add_option("--keep-models", config.keep_models,
                   "Models of the latest rounds to keep, beside the best and the first")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      ->add_option("--max-active-runs", config.max_active_runs,
                   "Runs that are active at a time; the others wait in the queue")
      ->check(CLI::Range(1, 1'000))
      ->excludes(run)
      ->capture_default_str();
  serve->add_option("--port-file", config.port_file, "Write the port here once it is open");
  serve
      ->add_option("--result", config.result_file,
                   "Write the best model here (.safetensors) when the run is finished")
      ->needs(run);
  serve
      ->add_flag("--exit-when-finished", config.exit_when_finished,
                 "End once the run is finished and the sites know")
      ->needs(run);
  serve->add_flag("--json", config.json, "Log one JSON object per line");

  CONSILIUM_ASSIGN_OR_RETURN(const bool given, ParseCommandLine(app, argc, argv));
  if (!given) return std::optional<AggregatorCommand>();
  if (make_ca->parsed()) return std::optional<AggregatorCommand>(std::move(ca));
  return std::optional<AggregatorCommand>(std::move(config));
}

}  // namespace consilium
