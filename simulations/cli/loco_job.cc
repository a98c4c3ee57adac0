#include "simulations/cli/loco_job.h"

#include "simulations/cli/config_options.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <set>
#include <span>

namespace consilium {
namespace {

/// What `run` sets, or what is of no meaning for a job.
constexpr std::string_view kNotInSweeps[] = {"help", "config", "out", "resume", "json", "jobs"};
/// Nothing of the result depends on these.
constexpr std::string_view kWithoutInfluence[] = {"keep-models"};
/// Described by what they name, not by their text.
constexpr std::string_view kCohortOptions[] = {"cohort", "synthetic", "scale", "cohort-seed",
                                               "tensor-cache"};

bool Contains(std::span<const std::string_view> list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string OptionOfParameter(std::string_view key) {
  std::string option(key);
  std::ranges::replace(option, '_', '-');
  return option;
}

/// Options that only a federated run reads.
std::set<std::string> FederatedOptions() {
  std::set<std::string> options = {"heads", "weighting",   "normalisation", "strategy",
                                   "codec", "model-codec", "transport"};
  for (const StrategyParameter& parameter : StrategyParameters()) {
    options.insert(OptionOfParameter(parameter.key));
  }
  return options;
}

bool TrainsInOnePlace(Method method) { return method != Method::kMdmtFederated; }

std::string ValueOf(const SettingList& settings, std::string_view name) {
  const auto found = std::ranges::find(settings, name, [](const auto& one) { return one.first; });
  return found == settings.end() ? "" : found->second;
}

/// The settings that the job's method reads.
SettingList Effective(const SettingList& settings, Method method) {
  std::set<std::string> unread;
  if (TrainsInOnePlace(method)) unread = FederatedOptions();
  // The target alone: how the other task is read makes no difference.
  if (method == Method::kLocal) unread.insert("brixia");
  if (method == Method::kMdmtFederated) unread = {"epochs"};
  if (ValueOf(settings, "folds").empty()) unread.insert("folds-mode");
  SettingList effective;
  std::ranges::copy_if(settings, std::back_inserter(effective),
                       [&](const auto& one) { return !unread.contains(one.first); });
  return effective;
}

/// What `study` would find out when it opens the cohort.
Status CheckCohortOptions(const SettingList& settings, const CohortRequest& cohort) {
  const int sources = (cohort.manifest.empty() ? 0 : 1) + (cohort.tensor_cache.empty() ? 0 : 1) +
                      (cohort.synthetic ? 1 : 0);
  if (sources != 1) {
    return InvalidArgument("cohort: expected exactly one of cohort, tensor-cache, synthetic");
  }
  for (const std::string name : {"scale", "cohort-seed"}) {
    if (!cohort.synthetic && !ValueOf(settings, name).empty()) {
      return InvalidArgument(name + ": contradicts the cohort, expected it with synthetic only");
    }
  }
  return OkStatus();
}

/// "stl-resnet18-seed1", with another protocol than `loco` in front.
std::string PrefixOf(const LocoOptions& options, const SettingList& described) {
  std::string prefix;
  const std::string protocol = ValueOf(described, "protocol");
  if (protocol != "loco") prefix.append(protocol).append("-");
  prefix.append(ToString(options.study.methods.front())).append("-");
  prefix.append(options.study.plan.backbone).append("-seed");
  prefix.append(std::to_string(options.study.seeds.front()));
  std::ranges::replace_if(
      prefix, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '_');
  return prefix;
}

/// Of a sweep that names none: those of its presets. An unknown preset is a fault of its jobs.
std::vector<std::string> MethodsOf(const std::vector<SweepField>& fields) {
  std::vector<std::string> methods;
  for (const SweepField& field : fields) {
    if (field.name != "preset") continue;
    for (const SweepValue& value : field.values) {
      CLI::App command;
      LocoOptions options;
      AddProtocolOptions(command, options);
      AddLocoOptions(command, options);
      options.preset = value.text;
      if (!ApplyPreset(command, options).ok()) continue;
      for (const std::string& method : options.methods) {
        if (std::ranges::find(methods, method) == methods.end()) methods.push_back(method);
      }
    }
  }
  return methods.empty() ? LocoOptions().methods : methods;
}

}  // namespace

std::vector<std::string> SweepOptionNames() {
  CLI::App command;
  LocoOptions options;
  AddProtocolOptions(command, options);
  AddLocoOptions(command, options);
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (!Contains(kNotInSweeps, name)) names.push_back(name);
  }
  return names;
}

Result<LocoOptions> LocoOptionsOf(const SettingList& settings) {
  CLI::App command;
  LocoOptions options;
  AddProtocolOptions(command, options);
  AddLocoOptions(command, options);
  for (const auto& [name, value] : settings) {
    CONSILIUM_RETURN_IF_ERROR(GiveOption(command, name, value));
  }
  CONSILIUM_RETURN_IF_ERROR(ApplyPreset(command, options));
  CONSILIUM_RETURN_IF_ERROR(Resolve(options));
  return options;
}

Result<std::string> LocoDescriber::ContentOf(const std::string& option, const std::string& path) {
  const auto known = contents_.find(path);
  if (known != contents_.end()) return known->second;
  Result<std::string> content = FileFingerprint(path);
  if (!content.ok()) return content.status().WithContext(option);
  return contents_[path] = *content;
}

Result<DescribedJob> LocoDescriber::operator()(const SettingList& settings) {
  CONSILIUM_ASSIGN_OR_RETURN(const LocoOptions all, LocoOptionsOf(settings));
  if (all.study.methods.size() != 1 || all.study.seeds.size() != 1) {
    return InvalidArgument(std::string(all.study.methods.size() != 1 ? "methods" : "seed") +
                           ": expected a list, each value a job");
  }
  CONSILIUM_RETURN_IF_ERROR(CheckCohortOptions(settings, all.cohort));
  const Method method = all.study.methods.front();
  DescribedJob job;
  job.settings = Effective(settings, method);
  CONSILIUM_ASSIGN_OR_RETURN(const LocoOptions options, LocoOptionsOf(job.settings));
  SettingList described = DescribeSettings(options.study);
  job.prefix = PrefixOf(options, described);
  if (TrainsInOnePlace(method)) {
    // Of these only their product matters, which is among the settings as epochs.
    std::erase_if(described, [](const auto& one) {
      return one.first == "rounds" || one.first == "local-epochs";
    });
  }
  const CohortRequest& cohort = options.cohort;
  described.emplace_back("synthetic-scale", cohort.synthetic ? std::to_string(cohort.scale) : "");
  described.emplace_back("synthetic-seed", cohort.synthetic ? std::to_string(cohort.seed) : "");
  described.emplace_back("cohort", cohort.manifest);
  described.emplace_back("tensor-cache", cohort.tensor_cache);
  // Options that the study's description does not know by their own name.
  const std::set<std::string> federated = FederatedOptions();
  for (const auto& [name, value] : job.settings) {
    if (ValueOf(described, name).empty() && !federated.contains(name) &&
        !Contains(kCohortOptions, name) && !Contains(kWithoutInfluence, name) && name != "rounds" &&
        name != "local-epochs") {
      described.emplace_back(name, value);
    }
  }
  for (const auto& [name, value] : described) {
    std::error_code error;
    const bool must_exist = name == "cohort" || name == "tensor-cache" || name == "weights";
    std::string text = value;
    if (!value.empty() && (must_exist || std::filesystem::is_regular_file(value, error))) {
      CONSILIUM_ASSIGN_OR_RETURN(text, ContentOf(name, value));
    }
    job.identity.append(name).append("=").append(text).append("\n");
  }
  return job;
}

void AddDefaultLists(std::vector<SweepField>& fields) {
  const auto given = [&](std::string_view name) {
    return std::ranges::any_of(fields, [&](const SweepField& field) { return field.name == name; });
  };
  if (!given("methods")) {
    SweepField field{"methods", 1, {}};
    for (const std::string& method : MethodsOf(fields)) field.values.push_back({method, 1});
    fields.push_back(std::move(field));
  }
  if (!given("seed")) {
    SweepField field{"seed", 1, {}};
    const LocoOptions defaults;
    for (const std::uint64_t seed : defaults.study.seeds) {
      field.values.push_back({std::to_string(seed), 1});
    }
    fields.push_back(std::move(field));
  }
}

}  // namespace consilium
