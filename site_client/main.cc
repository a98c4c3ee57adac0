/// consilium-site: a hospital's daemon, beside the data.
///
///   consilium-site --aggregator HOST:PORT --ca ca.crt --cert A.crt --key A.key --state state
///                  --cohort manifest.csv --center A
#include "common/nn/compute.h"
#include "common/security/certificates.h"
#include "common/version/version.h"
#include "site_client/config.h"
#include "site_client/daemon.h"

#include <iostream>

namespace {

consilium::Status Run(int argc, char** argv) {
  consilium::KeepFreedMemory();
  CONSILIUM_RETURN_IF_ERROR(consilium::AllowOnlyTls13());
  const std::string version =
      consilium::VersionLine("consilium-site") + "\n" + consilium::BuildDescription();
  CONSILIUM_ASSIGN_OR_RETURN(const auto config, consilium::ParseSiteConfig(argc, argv, version));
  if (!config) return consilium::OkStatus();
  consilium::InstallInterruptHandler();
  consilium::DaemonLog log(config->json);
  return consilium::RunDaemon(*config, consilium::ProcessInterrupt(), log);
}

}  // namespace

int main(int argc, char** argv) {
  const consilium::Status status = Run(argc, argv);
  if (!status.ok()) std::cerr << "consilium-site: " << status << "\n";
  return consilium::ExitCode(status);
}
