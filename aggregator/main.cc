/// consilium-aggregator: the service that a consortium's sites connect to.
///
///   consilium-aggregator make-ca --out ca --sites A,B
///   consilium-aggregator serve --state state ...        (runs come from consilium-admin)
///   consilium-aggregator serve --run run.yaml --model init.safetensors --state state ...
#include "aggregator/config.h"
#include "aggregator/serve.h"
#include "common/security/certificates.h"

#include <iostream>

namespace {

consilium::Status Run(int argc, char** argv) {
  CONSILIUM_RETURN_IF_ERROR(consilium::AllowOnlyTls13());
  CONSILIUM_ASSIGN_OR_RETURN(const auto command, consilium::ParseAggregatorCommand(argc, argv));
  if (!command) return consilium::OkStatus();
  if (const auto* ca = std::get_if<consilium::ThrowAwayCaOptions>(&*command)) {
    return consilium::MakeThrowAwayCa(*ca);
  }
  consilium::InstallInterruptHandler();
  const auto& config = std::get<consilium::ServeConfig>(*command);
  consilium::DaemonLog log(config.json);
  const auto serve = config.run_file.empty() ? consilium::ServeRuns : consilium::Serve;
  return serve(config, consilium::ProcessInterrupt(), log);
}

}  // namespace

int main(int argc, char** argv) {
  const consilium::Status status = Run(argc, argv);
  if (!status.ok()) std::cerr << "consilium-aggregator: " << status << "\n";
  return consilium::ExitCode(status);
}
