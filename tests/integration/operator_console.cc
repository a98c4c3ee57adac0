#include "tests/integration/operator_console.h"

#include <utility>

namespace consilium {

Answer Ask(const SmallFederation& federation, const std::string& certificate,
           const std::vector<std::string>& command) {
  std::vector<std::string> arguments;
  const auto add = [&](const char* option, std::string value) {
    arguments.emplace_back(option);
    arguments.push_back(std::move(value));
  };
  arguments.push_back(std::string(CONSILIUM_PROGRAM_DIR).append("/consilium-admin"));
  add("--aggregator", std::string("127.0.0.1:").append(std::to_string(federation.port())));
  add("--ca", federation.Certificate("ca.crt"));
  add("--cert", federation.Certificate(certificate + ".crt"));
  add("--key", federation.Certificate(certificate + ".key"));
  arguments.insert(arguments.end(), command.begin(), command.end());
  Process process(arguments, federation.File("admin"));
  const int code = process.Wait(SmallFederation::kPatience).value_or(-1);
  return {code, process.Output(), process.Errors()};
}

bool Reaches(const SmallFederation& federation, const std::string& run, const std::string& state) {
  const std::string wanted = std::string("\"state\":\"").append(state).append("\"");
  return Eventually(
      [&] {
        const Answer shown = Ask(federation, "carol", {"--json", "runs", "show", run});
        return shown.output.find(wanted) != std::string::npos;
      },
      SmallFederation::kPatience);
}

}  // namespace consilium
