#include "common/config/list_file.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kKnown = {"backbone", "methods", "rounds"};

std::string FaultsOf(const std::string& yaml) {
  return ParseListFile(yaml, "s.yaml", kKnown).status().message();
}

TEST(ListFileTest, ReadsValuesAndListsWithTheirLines) {
  const auto options =
      ParseListFile("rounds: 3\nbackbone:\n  - resnet18\n  - resnet50\n", "s.yaml", kKnown);
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->size(), 2U);
  EXPECT_FALSE((*options)[0].list);
  EXPECT_EQ((*options)[0].values[0].text, "3");
  EXPECT_TRUE((*options)[1].list);
  EXPECT_EQ((*options)[1].values[1].text, "resnet50");
  EXPECT_EQ((*options)[1].values[1].line, 4);
}

TEST(ListFileTest, AnOptionMayStandInThePlural) {
  const auto options = ParseListFile("backbones: [a, b]\nmethods: [c]\n", "s.yaml", kKnown);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ((*options)[0].name, "backbone");
  EXPECT_EQ((*options)[1].name, "methods");
}

TEST(ListFileTest, EveryFaultIsNamedWithItsLine) {
  const std::string faults =
      FaultsOf("bakbone: x\nmethods: []\nrounds: {a: 1}\nbackbone: [a, a]\nbackbones: b\n");
  EXPECT_THAT(faults, HasSubstr("s.yaml:1: bakbone: no such option, expected one of backbone, "
                                "methods, rounds"));
  EXPECT_THAT(faults, HasSubstr("s.yaml:2: methods: expected a value, or a list"));
  EXPECT_THAT(faults, HasSubstr("s.yaml:3: rounds: expected a value, or a list"));
  EXPECT_THAT(faults, HasSubstr("s.yaml:4: backbone: 'a' stands here twice"));
}

TEST(ListFileTest, SingularAndPluralTogetherAreRefused) {
  EXPECT_THAT(FaultsOf("backbone: a\nbackbones: [b]\n"),
              HasSubstr("s.yaml:2: backbones: stands here twice"));
}

TEST(ListFileTest, WhatIsNoYamlIsNamedWithItsLine) {
  EXPECT_THAT(FaultsOf("backbone: [a\n"), HasSubstr("not YAML"));
  EXPECT_THAT(FaultsOf("- a\n"), HasSubstr("s.yaml:1: expected options with values"));
}

}  // namespace
}  // namespace consilium
