#include "simulations/sweep/sweep_job.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

namespace consilium {
namespace {

/// Tables and intervals know these apart by themselves.
constexpr std::string_view kOwnColumns[] = {"methods", "backbone", "seed"};

bool Has(const SettingList& settings, std::string_view name) {
  return std::ranges::any_of(settings, [&](const auto& one) { return one.first == name; });
}

/// "training.batch_size: expected 1 or more" -> {"training.batch_size", "expected 1 or more"}.
std::pair<std::string, std::string> FieldAndFault(const std::string& message) {
  const std::size_t colon = message.find(": ");
  if (colon == std::string::npos) return {"", message};
  return {message.substr(0, colon), message.substr(colon + 2)};
}

/// The option that a message's field means: "batch-size" for "training.batch_size".
std::string OptionOf(std::string field) {
  field = field.substr(field.rfind('.') + 1);
  std::ranges::replace(field, '_', '-');
  return field;
}

class Expansion {
 public:
  Expansion(const std::string& file, const std::vector<SweepField>& fields,
            const JobDescriber& describe)
      : file_(file), fields_(fields), describe_(describe), chosen_(fields.size(), 0) {
    ids_.resize(fields.size());
    for (std::size_t f = 0; f < fields.size(); ++f) ids_[f].resize(fields[f].values.size());
  }

  Result<std::vector<SweepJob>> Run();

 private:
  std::size_t Combinations() const;
  bool Next();
  SettingList Chosen() const;
  Status AddJob();
  void KeepFaults(SettingList settings, Status fault);
  void Fault(int line, const std::string& field, const std::string& fault);
  int LineOf(std::string_view name) const;
  std::string VariantOf(const SettingList& settings) const;
  void CheckInfluence();

  const std::string& file_;
  const std::vector<SweepField>& fields_;
  const JobDescriber& describe_;
  std::vector<std::size_t> chosen_;  // value of each field
  std::vector<SweepJob> jobs_;
  std::map<std::string, std::string> identities_;        // by id
  std::vector<std::vector<std::set<std::string>>> ids_;  // by field and value
  std::vector<std::string> faults_;
};

std::size_t Expansion::Combinations() const {
  std::size_t count = 1;
  for (const SweepField& field : fields_) {
    count *= field.values.size();
    if (count > kMostJobs) break;
  }
  return count;
}

bool Expansion::Next() {
  for (std::size_t f = fields_.size(); f-- > 0;) {
    if (++chosen_[f] < fields_[f].values.size()) return true;
    chosen_[f] = 0;
  }
  return false;
}

SettingList Expansion::Chosen() const {
  SettingList settings;
  settings.reserve(fields_.size());
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    settings.emplace_back(fields_[f].name, fields_[f].values[chosen_[f]].text);
  }
  return settings;
}

int Expansion::LineOf(std::string_view name) const {
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    if (fields_[f].name == name) return fields_[f].values[chosen_[f]].line;
  }
  return 0;
}

void Expansion::Fault(int line, const std::string& field, const std::string& fault) {
  std::string text = file_;
  text.append(":").append(std::to_string(std::max(line, 1))).append(": ");
  text.append(field).append(field.empty() ? "" : ": ").append(fault);
  if (std::ranges::find(faults_, text) == faults_.end()) faults_.push_back(std::move(text));
}

/// A description ends at its first fault: without the faulty setting it shows the next.
void Expansion::KeepFaults(SettingList settings, Status fault) {
  std::set<std::string> removed;
  while (!fault.ok()) {
    const auto [field, text] = FieldAndFault(fault.message());
    std::string option = OptionOf(field);
    const std::string part = field.substr(0, field.find('.'));
    if (!Has(settings, option) && Has(settings, part)) option = part;
    // What only the default in the place of a faulty value refuses is no fault of its own.
    if (!removed.contains(part)) Fault(LineOf(option), option, text);
    removed.insert(option);
    if (std::erase_if(settings, [&](const auto& one) { return one.first == option; }) == 0) return;
    fault = describe_(settings).status();
  }
}

std::string Expansion::VariantOf(const SettingList& settings) const {
  std::string text;
  for (const SweepField& field : fields_) {
    if (field.values.size() < 2 || std::ranges::count(kOwnColumns, field.name) > 0) continue;
    for (const auto& [name, value] : settings) {
      if (name != field.name) continue;
      text.append(text.empty() ? " [" : ", ").append(name).append("=").append(value);
    }
  }
  return text.empty() ? "" : text.append("]");
}

Status Expansion::AddJob() {
  const SettingList settings = Chosen();
  Result<DescribedJob> described = describe_(settings);
  if (!described.ok()) {
    KeepFaults(settings, described.status());
    return OkStatus();
  }
  std::string id = described->prefix;
  id.append("-").append(Fingerprint(described->identity));
  const auto [known, is_new] = identities_.emplace(id, described->identity);
  if (!is_new && known->second != described->identity) {
    return Internal(id + ": two different jobs have this id");
  }
  for (std::size_t f = 0; f < fields_.size(); ++f) ids_[f][chosen_[f]].insert(id);
  if (is_new) {
    const std::string variant = VariantOf(described->settings);
    jobs_.push_back({std::move(id), std::move(described->settings), variant});
  }
  return OkStatus();
}

void Expansion::CheckInfluence() {
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const SweepField& field = fields_[f];
    if (std::ranges::none_of(jobs_,
                             [&](const SweepJob& job) { return Has(job.settings, field.name); })) {
      Fault(field.line, field.name, "has no effect, none of the methods uses it");
      continue;
    }
    std::map<std::set<std::string>, std::size_t> first;
    for (std::size_t v = 0; v < field.values.size(); ++v) {
      const auto [same, is_new] = first.emplace(ids_[f][v], v);
      if (is_new) continue;
      std::string fault = "'";
      fault.append(field.values[same->second].text).append("' and '").append(field.values[v].text);
      Fault(field.values[v].line, field.name,
            fault.append("' give the same jobs, expected values that change a result"));
    }
  }
}

Result<std::vector<SweepJob>> Expansion::Run() {
  if (Combinations() > kMostJobs) {
    return InvalidArgument(file_ + ":1: more than " + std::to_string(kMostJobs) +
                           " combinations, expected shorter lists");
  }
  do {
    CONSILIUM_RETURN_IF_ERROR(AddJob());
  } while (Next());
  if (faults_.empty()) CheckInfluence();
  if (faults_.empty()) return std::move(jobs_);
  std::string text;
  for (const std::string& fault : faults_) text.append(text.empty() ? "" : "\n").append(fault);
  return InvalidArgument(text);
}

}  // namespace

Result<std::vector<SweepJob>> ExpandSweep(const std::string& file,
                                          const std::vector<SweepField>& fields,
                                          const JobDescriber& describe) {
  return Expansion(file, fields, describe).Run();
}

Result<Shard> ParseShard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, shard.count) : first;
  if (!slash || second.ec != std::errc() || second.ptr != end || shard.index < 1 ||
      shard.index > shard.count) {
    return InvalidArgument("shard: '" + text + "' is no part, expected 1/4, 2/4, 3/4 or 4/4");
  }
  return shard;
}

std::vector<SweepJob> JobsOfShard(std::vector<SweepJob> jobs, const Shard& shard) {
  std::vector<std::string> ids;
  ids.reserve(jobs.size());
  for (const SweepJob& job : jobs) ids.push_back(job.id);
  std::ranges::sort(ids);
  std::erase_if(jobs, [&](const SweepJob& job) {
    const auto place =
        static_cast<std::size_t>(std::ranges::lower_bound(ids, job.id) - ids.begin());
    return place % shard.count != shard.index - 1;
  });
  return jobs;
}

}  // namespace consilium
