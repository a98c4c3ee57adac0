#include "common/config/command_line.h"

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <CLI/CLI.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace consilium {
namespace {

struct Given {
  int quorum = 0;
  bool json = false;
};

/// Reads `yaml` as --config, then `arguments`.
Result<Given> Parsed(const std::string& yaml, const std::vector<std::string>& arguments = {}) {
  const TempFolder folder;
  const std::string file = folder.File("o.yaml");
  std::ofstream(file) << yaml;
  CLI::App app;
  app.set_version_flag("--version", "1");
  Given given;
  app.add_option("--quorum", given.quorum, "Updates of a round")->check(CLI::Range(1, 9));
  app.add_flag("--json", given.json, "Print JSON");
  std::vector<const char*> argv = {"program", "--config", file.c_str()};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  CONSILIUM_RETURN_IF_ERROR(
      ParseCommandLine(app, static_cast<int>(argv.size()), argv.data()).status());
  return given;
}

TEST(CommandLineTest, AFileGivesOptionsAndTheCommandLineWins) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Given file, Parsed("quorum: 3\njson: true\n"));
  EXPECT_EQ(file.quorum, 3);
  EXPECT_TRUE(file.json);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Given both, Parsed("quorum: 3\n", {"--quorum", "4"}));
  EXPECT_EQ(both.quorum, 4);
}

TEST(CommandLineTest, AWrongValueInAFileIsNamedByLineOptionAndWhatIsAllowed) {
  EXPECT_STATUS(Parsed("json: true\nquorum: many\n"), StatusCode::kInvalidArgument,
                "o.yaml:2: quorum: 'many' is not allowed, expected INT");
  EXPECT_STATUS(Parsed("json: true\nquorum: 12\n"), StatusCode::kInvalidArgument,
                "o.yaml:2: quorum: '12' is not allowed, expected INT:INT in [1 - 9] (Updates of a");
  EXPECT_STATUS(Parsed("\njson: perhaps\n"), StatusCode::kInvalidArgument,
                "o.yaml:2: json: 'perhaps' is not allowed, expected true or false (Print JSON)");
}

TEST(CommandLineTest, AFileAsksForNoHelpNorForAnotherFile) {
  EXPECT_STATUS(Parsed("version: true\n"), StatusCode::kInvalidArgument,
                "o.yaml:1: version: no such option");
  EXPECT_STATUS(Parsed("config: o.yaml\n"), StatusCode::kInvalidArgument,
                "o.yaml:1: config: no such option");
}

}  // namespace
}  // namespace consilium
