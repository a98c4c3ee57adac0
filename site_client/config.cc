#include "site_client/config.h"

#include "common/config/command_line.h"

#include <CLI/CLI.hpp>

namespace consilium {

Result<std::optional<SiteConfig>> ParseSiteConfig(int argc, const char* const* argv,
                                                  const std::string& version) {
  CLI::App app(
      "Trains on a site's own images for the runs of an aggregator. Connects outwards only;\n"
      "the site's name is its certificate's common name.");
  app.name("consilium-site");
  app.set_version_flag("--version", version);
  app.footer("Exit codes: 0 done, 2 wrong input or usage, 130 interrupted, 1 anything else.");

  SiteConfig config;
  std::int64_t retry_seconds = config.retry_for.count() / 1000;
  app.add_option("--aggregator", config.aggregator, "HOST:PORT of the aggregator")->required();
  app.add_option("--ca", config.ca_file, "Certificate of the consortium's CA")->required();
  app.add_option("--cert", config.certificate_file, "The site's certificate")->required();
  app.add_option("--key", config.key_file, "Its key")->required();
  app.add_option("--state", config.state_folder, "Folder for local heads and statistics")
      ->required();
  CLI::Option* const cohort =
      app.add_option("--cohort", config.cohort, "Manifest of the images (CSV)");
  app.add_option("--center", config.center, "Only the manifest's rows of this center")
      ->needs(cohort);
  app.add_option("--tensor-cache", config.tensor_cache, "Prepared images instead of a manifest")
      ->excludes(cohort);
  app.add_option("--device", config.device,
                 "cpu, cuda:N, or GPUs that share each batch: cuda:0,cuda:1")
      ->capture_default_str();
  app.add_option("--threads", config.threads,
                 "Threads that compute; 0: as many as the machine gives this process")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--precision", config.precision,
                 "Computes in fp32, bf16 or fp16; auto: in the fastest, found by trying")
      ->capture_default_str();
  app.add_flag("--checkpoint-activations", config.checkpoint_activations,
               "Compute most of each forward pass twice, for less memory");
  app.add_flag("--cuda-graphs", config.cuda_graphs,
               "Record the backbone's pass once and launch it whole; needs one GPU");
  CLI::Option* const local_state =
      app.add_option("--local-state-out", config.local_state_out,
                     "Write the best version's local state here (.safetensors)");
  CLI::Option* const one_run = app.add_flag("--exit-when-finished", config.exit_when_finished,
                                            "End when the run is finished");
  app.add_option("--max-runs", config.max_runs,
                 "Runs to take part in at once; their computing takes turns")
      ->check(CLI::Range(1, 100))
      ->excludes(one_run)
      ->excludes(local_state)
      ->capture_default_str();
  app.add_option("--retry-for", retry_seconds,
                 "Seconds of trying again while the aggregator cannot be reached")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_flag("--json", config.json, "Log one JSON object per line");

  CONSILIUM_ASSIGN_OR_RETURN(const bool given, ParseCommandLine(app, argc, argv));
  if (!given) return std::optional<SiteConfig>();
  if (config.cohort.empty() && config.tensor_cache.empty()) {
    return InvalidArgument("one of --cohort and --tensor-cache is required; see --help");
  }
  config.retry_for = Millis(retry_seconds * 1000);
  return std::optional<SiteConfig>(std::move(config));
}

}  // namespace consilium
