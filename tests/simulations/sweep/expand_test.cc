#include "simulations/sweep/sweep_job.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <set>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SweepField Field(const std::string& name, int line, const std::vector<std::string>& values) {
  SweepField field{name, line, {}};
  for (const std::string& value : values) field.values.push_back({value, line});
  return field;
}

/// Strategies matter to `fed` only; rounds are above 0.
Result<DescribedJob> Describe(const SettingList& settings) {
  DescribedJob job;
  bool fed = false;
  for (const auto& [name, value] : settings) {
    if (name == "rounds" && value == "0") return InvalidArgument("plan.rounds: expected 1 or more");
    if (name == "methods" && value == "bad") return InvalidArgument("methods: 'bad' is unknown");
    fed = fed || (name == "methods" && value == "fed");
  }
  for (const auto& [name, value] : settings) {
    if (name == "methods") job.prefix = value;
    if (name == "strategy" && !fed) continue;
    job.settings.emplace_back(name, value);
  }
  SettingList sorted = job.settings;
  std::ranges::sort(sorted);
  for (const auto& [name, value] : sorted) job.identity.append(name).append(value).append("\n");
  return job;
}

std::vector<SweepJob> Expand(const std::vector<SweepField>& fields) {
  auto jobs = ExpandSweep("s.yaml", fields, Describe);
  EXPECT_TRUE(jobs.ok()) << jobs.status();
  return jobs.ok() ? *std::move(jobs) : std::vector<SweepJob>();
}

std::string FaultsOf(const std::vector<SweepField>& fields) {
  return ExpandSweep("s.yaml", fields, Describe).status().message();
}

std::set<std::string> IdsOf(const std::vector<SweepJob>& jobs) {
  std::set<std::string> ids;
  for (const SweepJob& job : jobs) ids.insert(job.id);
  return ids;
}

TEST(ExpandSweepTest, EveryCombinationIsAJob) {
  const auto jobs = Expand({Field("methods", 1, {"stl", "fed"}), Field("seed", 2, {"1", "2", "3"}),
                            Field("rounds", 3, {"5"})});
  ASSERT_EQ(jobs.size(), 6U);
  EXPECT_EQ(IdsOf(jobs).size(), 6U);
  EXPECT_TRUE(jobs[0].id.starts_with("stl-"));
  EXPECT_EQ(jobs[1].settings[1].second, "2");
}

TEST(ExpandSweepTest, IdsDoNotDependOnTheOrderOfTheFile) {
  const auto one = Expand({Field("methods", 1, {"stl"}), Field("seed", 2, {"1", "2"})});
  const auto other = Expand({Field("seed", 1, {"2", "1"}), Field("methods", 2, {"stl"})});
  EXPECT_EQ(IdsOf(one), IdsOf(other));
}

TEST(ExpandSweepTest, WorkThatSettingsShareIsOneJob) {
  const auto jobs =
      Expand({Field("methods", 1, {"stl", "fed"}), Field("strategy", 2, {"a", "b", "c"})});
  ASSERT_EQ(jobs.size(), 4U);
  EXPECT_EQ(jobs[0].variant, "");
  EXPECT_EQ(jobs[3].variant, " [strategy=c]");
}

TEST(ExpandSweepTest, EveryFaultIsNamedWithItsLineOnce) {
  const std::string faults = FaultsOf({Field("methods", 1, {"stl", "bad"}),
                                       Field("rounds", 4, {"0"}), Field("seed", 5, {"1", "2"})});
  EXPECT_THAT(faults, HasSubstr("s.yaml:1: methods: 'bad' is unknown"));
  EXPECT_THAT(faults, HasSubstr("s.yaml:4: rounds: expected 1 or more"));
  EXPECT_EQ(std::count(faults.begin(), faults.end(), '\n'), 1) << faults;
}

TEST(ExpandSweepTest, ASettingThatNoJobUsesIsRefused) {
  EXPECT_THAT(FaultsOf({Field("methods", 1, {"stl"}), Field("strategy", 2, {"a"})}),
              HasSubstr("s.yaml:2: strategy: has no effect"));
}

TEST(ExpandSweepTest, ValuesThatGiveTheSameJobsAreRefused) {
  const auto same = [](const SettingList& settings) {
    Result<DescribedJob> job = Describe(settings);
    if (job.ok()) job->identity = "always";
    return job;
  };
  const Status status =
      ExpandSweep("s.yaml", {Field("methods", 1, {"stl"}), Field("rate", 2, {"0.1", "1e-1"})}, same)
          .status();
  EXPECT_THAT(status.message(), HasSubstr("s.yaml:2: rate: '0.1' and '1e-1' give the same jobs"));
}

TEST(ExpandSweepTest, EndlessCombinationsAreRefused) {
  std::vector<SweepField> fields;
  fields.reserve(20);
  for (int f = 0; f < 20; ++f) fields.push_back(Field("x" + std::to_string(f), f + 1, {"1", "2"}));
  EXPECT_THAT(FaultsOf(fields), HasSubstr("more than 100000 combinations"));
}

TEST(ShardTest, EachJobIsInExactlyOneShard) {
  const auto jobs =
      Expand({Field("methods", 1, {"stl", "fed"}), Field("seed", 2, {"1", "2", "3", "4", "5"})});
  std::set<std::string> seen;
  for (std::size_t s = 1; s <= 4; ++s) {
    const auto part = JobsOfShard(jobs, {s, 4});
    EXPECT_GE(part.size(), 2U);
    EXPECT_LE(part.size(), 3U);
    for (const SweepJob& job : part) EXPECT_TRUE(seen.insert(job.id).second);
  }
  EXPECT_EQ(seen, IdsOf(jobs));
}

TEST(ShardTest, OnlyPartsThatExistAreRead) {
  EXPECT_EQ(ParseShard("2/4")->index, 2U);
  for (const std::string text : {"", "0/4", "5/4", "1", "1/", "a/b", "1/4x", "-1/4"}) {
    EXPECT_FALSE(ParseShard(text).ok()) << text;
  }
}

}  // namespace
}  // namespace consilium
