#include "simulations/report/repeat_command.h"

#include "simulations/report/markup.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>

namespace consilium {
namespace {

/// Settings that follow from others or from the cohort and are no options.
const std::set<std::string_view>& NoOptions() {
  static const std::set<std::string_view> names = {"cohort", "tasks", "validation-fraction"};
  return names;
}

/// "synthetic, scale 0.02, seed 1", as the study describes it, else the file that was read.
std::string CohortOptions(const std::string& cohort) {
  std::array<char, 33> scale{};
  std::array<char, 33> seed{};
  if (std::sscanf(cohort.c_str(), "synthetic, scale %32[^,], seed %32s", scale.data(),
                  seed.data()) == 2) {
    return Concat({" --synthetic --scale ", QuoteForShell(scale.data()), " --cohort-seed ",
                   QuoteForShell(seed.data())});
  }
  const bool manifest = cohort.ends_with(".csv") || cohort.ends_with(".CSV");
  return Concat({manifest ? " --cohort " : " --tensor-cache ", QuoteForShell(cohort)});
}

/// What of the Brixia score is predicted shows in the width of the output.
std::string BrixiaOption(const std::string& tasks) {
  if (tasks.find("brixia:8") != std::string::npos) return "lungs";
  if (tasks.find("brixia:4") != std::string::npos) return "global";
  return "";
}

/// "fedprox(mu=0.01, other_one=2)": a strategy and its parameters, each an option of its own.
std::string StrategyOptions(const std::string& value) {
  const std::size_t open = std::min(value.find('('), value.size());
  const std::string name = value.substr(0, open);
  if (name == "fedavg") return "";  // the default
  std::string options = Concat({"--strategy ", QuoteForShell(name)});
  std::string_view rest = std::string_view(value).substr(std::min(open + 1, value.size()));
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find_first_of(",)"));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    std::string key(parameter.substr(0, equals));
    std::replace(key.begin(), key.end(), '_', '-');
    if (equals < parameter.size()) {
      Append(options, {" ", QuoteForShell(Concat({"--", key})), " ",
                       QuoteForShell(parameter.substr(equals + 1))});
    }
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  return options;
}

/// "gradnorm (alpha 1.5, rate 0.025)": a weighting and its parameters, each an option of its own.
std::string WeightingOptions(const std::string& value) {
  const std::string name = value.substr(0, value.find(' '));
  std::string options = Concat({"--task-weighting ", QuoteForShell(name)});
  std::string_view rest = std::string_view(value).substr(std::min(value.find('('), value.size()));
  while (!rest.empty()) {
    rest.remove_prefix(std::min(rest.find_first_not_of("(), "), rest.size()));
    const std::string_view parameter = rest.substr(0, rest.find_first_of(",)"));
    const std::size_t blank = std::min(parameter.find(' '), parameter.size());
    if (blank < parameter.size()) {
      const std::string option = Concat({"--", name, "-", parameter.substr(0, blank)});
      Append(options,
             {" ", QuoteForShell(option), " ", QuoteForShell(parameter.substr(blank + 1))});
    }
    rest.remove_prefix(parameter.size());
  }
  return options;
}

/// `loco` has one protocol, no lists and no presets; `study` has all of them.
bool IsLoco(const StudyRecord& study) {
  const std::string protocol = study.Setting("protocol");
  return (protocol.empty() || protocol == "loco") && study.Setting("preset").empty();
}

const std::set<std::string_view>& OptionsOfStudy() {
  static const std::set<std::string_view> names = {"protocol", "folds", "folds-mode", "preset"};
  return names;
}

std::string OptionOf(const std::string& name, const std::string& value) {
  if (NoOptions().contains(name) || value.empty()) return "";
  if (name == "augment") return value == "no" ? "--no-augment" : "";
  if (name == "class-weights") return value == "yes" ? "--class-weights" : "";
  if (name == "strategy") return StrategyOptions(value);
  if (name == "task-weighting") return WeightingOptions(value);
  return Concat({"--", name, " ", QuoteForShell(value)});
}

}  // namespace

std::string RepeatCommand(const StudyRecord& study, const std::string& methods) {
  const bool loco = IsLoco(study);
  std::string command = loco ? "consilium-sim loco" : "consilium-sim study";
  command += CohortOptions(study.summary.cohort);
  const auto add = [&command](const std::string& option) {
    if (!option.empty()) Append(command, {" \\\n    ", option});
  };
  for (const auto& [name, value] : study.settings) {
    if (loco && OptionsOfStudy().contains(name)) continue;
    add(OptionOf(name, name == "methods" && !methods.empty() ? methods : value));
  }
  if (const std::string brixia = BrixiaOption(study.Setting("tasks")); !brixia.empty()) {
    add(Concat({"--brixia ", brixia}));
  }
  add("--out repeated");
  return command;
}

}  // namespace consilium
