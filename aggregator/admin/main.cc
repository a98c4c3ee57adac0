/// consilium-admin: an operator's console of an aggregator.
///
///   consilium-admin --config admin.yaml runs start --run run.yaml --model init.safetensors
#include "aggregator/admin/commands.h"
#include "common/security/certificates.h"

#include <iostream>
#include <unistd.h>

namespace {

consilium::Status Run(int argc, char** argv) {
  CONSILIUM_RETURN_IF_ERROR(consilium::AllowOnlyTls13());
  CONSILIUM_ASSIGN_OR_RETURN(const auto config, consilium::ParseAdminCommand(argc, argv));
  if (!config) return consilium::OkStatus();
  return consilium::RunAdminCommand(*config, std::cout, {std::cerr, ::isatty(STDERR_FILENO) == 1});
}

}  // namespace

int main(int argc, char** argv) {
  const consilium::Status status = Run(argc, argv);
  if (!status.ok()) std::cerr << "consilium-admin: " << status << "\n";
  return consilium::ExitCode(status);
}
