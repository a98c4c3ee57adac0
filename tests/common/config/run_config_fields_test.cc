#include "common/config/run_config.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <string>
#include <vector>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Bad {
  std::string value;         ///< as in YAML
  std::string found;         ///< what the message says that stands there
  std::string allowed = {};  ///< if it is not the row's
};

struct Row {
  std::string section;  ///< "", "training", ..., "task", "group"
  std::string key;
  std::string allowed;
  std::vector<Bad> bad;
};

Row Whole(const std::string& section, const std::string& key, const std::string& allowed,
          const std::string& outside) {
  return {section,
          key,
          "expected " + allowed,
          {{"[1]", "found a list"},
           {"{a: 1}", "found keys with values"},
           {"", "found nothing"},
           {"many", "'many'"},
           {"1.5", "'1.5'"},
           {"99999999999999999999999", "'99999999999999999999999'"},
           {outside, outside}}};
}

Row Number(const std::string& section, const std::string& key, const std::string& allowed,
           const std::string& outside) {
  return {section,
          key,
          "expected " + allowed,
          {{"[1]", "found a list"},
           {"", "found nothing"},
           {"half", "'half'"},
           {".nan", "'.nan'"},
           {"nan", "'nan' is not a finite"},
           {"inf", "'inf' is not a finite"},
           {"1e999", "'1e999'"},
           {outside, "found " + outside}}};
}

Row Choice(const std::string& section, const std::string& key, const std::string& allowed) {
  return {section, key, "expected " + allowed, {{"zebra", "'zebra'"}, {"[a]", "found a list"}}};
}

Row Switch(const std::string& section, const std::string& key) {
  return {section, key, "true or false", {{"yes", "'yes'"}, {"[true]", "found a list"}}};
}

Row Duration(const std::string& key) {
  return {"rounds",
          key,
          "more than 0 ms",
          {{"600", "'600'"}, {"-5s", "'-5s'"}, {"0s", "found 0"}, {"[1s]", "found a list"}}};
}

Row Sites(const std::string& key) {
  return {"rounds",
          key,
          "expected a list of names, at most 1000",
          {{"A", "found 'A'"},
           {"[[A]]", "found a list", "expected a name"},
           {"[../A]", "'../A'", "expected a site's name"}}};
}

std::vector<Row> Rows() {
  return {
      {"", "run", "a name of 1 to 64 of", {{"a b", "'a b'"}, {"[r]", "found a list"}}},
      {"",
       "tasks",
       "expected a list of tasks, at most 100",
       {{"3", "found '3'"}, {"[zebra]", "'zebra' is no known task", "expected prognosis"}}},
      {"", "backbone", "expected a name", {{"''", "found ''"}, {"[a]", "found a list"}}},
      Whole("", "image_size", "1 to 4096 pixels", "0"),
      Whole("", "seed", "0 to 18446744073709551615", "-1"),
      Number("", "validation_fraction", "at least 0 and below 1", "1"),
      Choice("", "heads", "local or shared"),
      Choice("", "weighting", "per-group or exact"),
      Choice("", "normalisation", "shared or local"),
      {"",
       "strategy",
       "expected one of fedavg, ",
       {{"zebra", "'zebra'"}, {"[a]", "found a list", "expected keys with values"}}},
      {"", "codec", "expected fp32, bf16, int8", {{"zip", "'zip'"}, {"[a]", "found a list"}}},
      {"", "model_codec", "fp32 or bf16", {{"int8", "'int8'"}, {"[a]", "found a list"}}},
      {"", "training", "expected keys with values", {{"3", "'3'"}, {"[a]", "found a list"}}},
      {"", "rounds", "expected keys with values", {{"3", "'3'"}, {"", "found nothing"}}},
      {"", "schedule", "expected keys with values", {{"3", "'3'"}, {"[a]", "found a list"}}},
      Choice("training", "optimizer", "adam or sgd or adamw"),
      Number("training", "learning_rate", "a number above 0", "0"),
      Number("training", "weight_decay", "0 or more", "-1"),
      Number("training", "momentum", "at least 0 and below 1", "1"),
      Whole("training", "batch_size", "1 or more", "0"),
      Switch("training", "full_batch"),
      Switch("training", "augment"),
      Number("training", "dropout", "at least 0 and below 1", "1"),
      Switch("training", "freeze_normalisation"),
      Switch("training", "class_weights"),
      Choice("training", "reduction", "labelled or batch"),
      {"training",
       "learning_rate_factors",
       "a number from 0 to 1000",
       {{"3", "found '3'", "expected keys with values"},
        {"{trunk: 1}", "trunk", "begins with backbone or heads"},
        {"{heads: x}", "'x'"},
        {"{heads: -1}", "found -1"}}},
      Whole("training", "freeze_stages", "0 or more", "-1"),
      Whole("rounds", "rounds", "1 or more", "0"),
      Whole("rounds", "local_epochs", "1 or more", "0"),
      Whole("rounds", "expected_sites", "1 or more", "0"),
      Whole("rounds", "quorum", "1 to expected_sites", "9"),
      Duration("deadline"),
      Duration("site_lease"),
      Whole("rounds", "evaluate_every", "1 or more", "0"),
      Number("rounds", "smallest_usable_share", "0 to 1", "1.5"),
      Sites("evaluation_sites"),
      Number("rounds", "select_fraction", "above 0, to 1", "0"),
      Sites("select_sites"),
      Whole("schedule", "warm_up", "0 or more", "-1"),
      Whole("schedule", "plateau_patience", "1 or more", "0"),
      Number("schedule", "plateau_factor", "a number above 0, to 1", "1.5"),
      Number("schedule", "min_learning_rate", "a number of 0 or more", "-1"),
      Whole("schedule", "stop_patience", "1 or more", "0"),
      {"task", "id", "1 to 64 of [A-Za-z0-9_-]", {{"a.b", "'a.b'"}, {"[a]", "found a list"}}},
      Choice("task", "kind", "classes, zones or zone-groups"),
      {"task",
       "classes",
       "expected a list of names",
       {{"x", "found 'x'"}, {"[x]", "found 1", "at least two names"}}},
      Whole("task", "zones", "1 to 64", "65"),
      Whole("task", "levels", "2 to 10", "1"),
      {"task",
       "flip",
       "expected a list of whole numbers",
       {{"x", "found 'x'"}, {"[x]", "'x'", "a whole number"}, {"[0, 0]", "flip", "once"}}},
      {"task",
       "groups",
       "expected a list of groups of zones, at most 64",
       {{"x", "found 'x'"}, {"[]", "found 0", "at least one group"}}},
      Number("task", "weight", "a number above 0", "0"),
      {"group", "name", "expected one value", {{"[a]", "found a list"}}},
      {"group",
       "zones",
       "expected a list of whole numbers",
       {{"x", "found 'x'"}, {"[9]", "'g'", "expected zones of the task"}}},
      {"group",
       "thresholds",
       "expected a list of whole numbers",
       {{"x", "found 'x'"}, {"[2, 1]", "'g'", "ascending thresholds"}}},
  };
}

struct Place {
  std::string yaml;
  std::string field;
  int line = 0;
};

/// `key` first, then `others` without it, each behind `indent`; the first line begins with "- ".
std::string Item(const std::string& key, const std::string& value, const std::string& indent,
                 const std::vector<std::pair<std::string, std::string>>& others) {
  std::string yaml = indent + "- " + key + ": " + value + "\n";
  for (const auto& [name, text] : others) {
    if (name != key) yaml.append(indent).append("  ").append(name + ": ").append(text + "\n");
  }
  return yaml;
}

Place PlaceOf(const std::string& section, const std::string& key, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> task = {
      {"id", "a"},
      {"kind", key == "classes" ? "classes" : "zone-groups"},
      {"zones", "2"},
      {"levels", "4"},
      {"flip", "[1, 0]"}};
  if (section == "task") {
    task.emplace_back("groups", "[{name: g, zones: [0], thresholds: [1]}]");
    return {"run: r\ntasks:\n" + Item(key, value, "  ", task), "tasks[0]." + key, 3};
  }
  if (section == "group") {
    std::string yaml = "run: r\ntasks:\n  - groups:\n";
    yaml += Item(key, value, "    ", {{"name", "g"}, {"zones", "[0]"}, {"thresholds", "[1]"}});
    for (const auto& [name, text] : task) yaml.append("    " + name).append(": " + text + "\n");
    // What ValidateTask finds in a group is told of all groups, whose key is a line above.
    return {yaml, "tasks[0].groups", value.starts_with('[') && key != "name" ? 3 : 4};
  }
  std::string yaml = key == "run" && section.empty() ? "# no run\n" : "run: r\n";
  yaml += key == "tasks" ? "# no tasks\n" : "tasks: [prognosis]\n";
  if (section.empty()) return {yaml + key + ": " + value + "\n", key, 3};
  return {yaml + section + ":\n  " + key + ": " + value + "\n", section + "." + key, 4};
}

std::string MessageOf(const std::string& yaml) {
  return ParseRunPlan(yaml, "run.yaml").status().message();
}

TEST(RunConfigFieldsTest, EveryWrongValueIsNamedByLineFieldFindingAndWhatIsAllowed) {
  for (const Row& row : Rows()) {
    for (const Bad& bad : row.bad) {
      const Place place = PlaceOf(row.section, row.key, bad.value);
      const std::string message = MessageOf(place.yaml);
      EXPECT_THAT(message,
                  StartsWith("run.yaml:" + std::to_string(place.line) + ": " + place.field))
          << place.yaml;
      EXPECT_THAT(message, HasSubstr(bad.found)) << place.yaml;
      EXPECT_THAT(message, HasSubstr(bad.allowed.empty() ? row.allowed : bad.allowed))
          << place.yaml;
    }
  }
}

/// What the reader itself says that it knows in a section.
std::vector<std::string> KnownKeys(const std::string& section) {
  const std::string message = MessageOf(PlaceOf(section, "no-such-key", "1").yaml);
  constexpr std::string_view kBefore = "expected one of ";
  const std::size_t begin = message.find(kBefore);
  if (begin == std::string::npos) return {};
  std::vector<std::string> keys = {""};
  for (const char c : message.substr(begin + kBefore.size())) {
    if (c == ',') {
      keys.emplace_back();
    } else if (c != ' ') {
      keys.back().push_back(c);
    }
  }
  return keys;
}

TEST(RunConfigFieldsTest, EveryKeyThatTheReaderKnowsHasARowAbove) {
  const std::vector<Row> rows = Rows();
  for (const std::string section : {"", "training", "rounds", "schedule", "task", "group"}) {
    const std::vector<std::string> keys = KnownKeys(section);
    EXPECT_GE(keys.size(), 3U) << section;
    for (const std::string& key : keys) {
      EXPECT_TRUE(std::ranges::any_of(
          rows, [&](const Row& row) { return row.section == section && row.key == key; }))
          << section << "." << key << ": a new key needs a row in Rows()";
    }
  }
}

TEST(RunConfigFieldsTest, EveryParameterOfEveryStrategyNamesItsRange) {
  for (const StrategyInfo& strategy : Strategies()) {
    for (const StrategyParameter* parameter : ParametersOf(strategy)) {
      const std::string key(parameter->key);
      for (const std::string value : {"[1]", "half", "nan", "-1", "1e999"}) {
        std::string text = "run: r\ntasks: [prognosis]\nstrategy:\n  name: ";
        text.append(strategy.name).append("\n  ").append(key).append(": ").append(value);
        const std::string message = MessageOf(text.append("\n"));
        EXPECT_THAT(message, StartsWith("run.yaml:5: strategy." + key + ": "));
        EXPECT_THAT(message, HasSubstr("expected " + std::string(parameter->expected)));
        EXPECT_THAT(message, HasSubstr(value == "[1]" ? "found a list" : value));
      }
    }
  }
}

TEST(RunConfigFieldsTest, AFaultInALaterTaskNamesItsPlaceInTheList) {
  EXPECT_THAT(MessageOf("run: r\ntasks:\n  - prognosis\n  - prognosis\n"),
              StartsWith("run.yaml:4: tasks[1].id: expected a name that no task before it has, "
                         "found 'prognosis'"));
}

TEST(RunConfigFieldsTest, AliasesThatMultiplyAreBoundedBeforeTheyAreRead) {
  std::string many = "run: r\ntasks: &list [";
  for (int i = 0; i < 101; ++i) many += "prognosis, ";
  EXPECT_THAT(MessageOf(many + "]\n"),
              StartsWith("run.yaml:2: tasks: expected a list of tasks, at most 100, found 101"));
  std::string bomb = "run: r\na: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const char before = static_cast<char>(c - 1);
    bomb.append({c, ':', ' ', '&', c, ' ', '[', '*', before, ',', '*', before, ']', '\n'});
  }
  EXPECT_THAT(MessageOf(bomb + "tasks: *y\n"), StartsWith("run.yaml:"));
  EXPECT_THAT(MessageOf("run: r\ntasks: " + std::string(10'000, '[')), StartsWith("run.yaml:"));
}

TEST(RunConfigFieldsTest, AVeryLongValueIsCutInTheMessage) {
  const std::string message =
      MessageOf("run: r\ntasks: [prognosis]\nseed: " + std::string(100'000, '9') + "\n");
  EXPECT_THAT(message, StartsWith("run.yaml:3: seed: '999"));
  EXPECT_LT(message.size(), 200U);
}

}  // namespace
}  // namespace consilium
