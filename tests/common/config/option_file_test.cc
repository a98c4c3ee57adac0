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
  ASSERT_EQ(arguments.size(), 3U);
  EXPECT_EQ(ArgumentOf(arguments[0]), "--listen=127.0.0.1:0");
  EXPECT_EQ(ArgumentOf(arguments[1]), "--json=true");
  EXPECT_EQ(ArgumentOf(arguments[2]), "--methods=stl,local");
  EXPECT_EQ(arguments[2].line, 3);
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
