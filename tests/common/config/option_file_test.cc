#include "common/config/option_file.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

const std::vector<std::string> kKnown = {"listen", "json", "methods"};

TEST(OptionFileTest, ValuesAndListsBecomeArguments) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const auto arguments,
      ParseOptionFile("listen: 127.0.0.1:0\njson: true\nmethods: [stl, local]\n", "o.yaml",
                      kKnown));
  EXPECT_EQ(arguments, (std::vector<std::string>{"--listen=127.0.0.1:0", "--json=true",
                                                 "--methods=stl,local"}));
}

TEST(OptionFileTest, FaultsAreNamedByFileLineAndOption) {
  EXPECT_STATUS(ParseOptionFile("json: true\nlisen: x\n", "o.yaml", kKnown),
                StatusCode::kInvalidArgument, "o.yaml:2: lisen: no such option");
  EXPECT_STATUS(ParseOptionFile("json: true\njson: false\n", "o.yaml", kKnown),
                StatusCode::kInvalidArgument, "o.yaml:2: json: stands here twice");
  EXPECT_STATUS(ParseOptionFile("listen: {a: b}\n", "o.yaml", kKnown), StatusCode::kInvalidArgument,
                "o.yaml:1: listen: expected a value or a list");
  EXPECT_STATUS(ParseOptionFile("just text", "o.yaml", kKnown), StatusCode::kInvalidArgument,
                "o.yaml:1: expected keys with values");
  EXPECT_STATUS(ParseOptionFile("a: [", "o.yaml", kKnown), StatusCode::kInvalidArgument,
                "o.yaml:1: not YAML");
  EXPECT_STATUS(ReadOptionFile("/nowhere/o.yaml", kKnown), StatusCode::kInvalidArgument,
                "/nowhere/o.yaml");
}

}  // namespace
}  // namespace consilium
