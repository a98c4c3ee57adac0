#include "common/federation/strategies/fed_buff.h"

#include "common/base/random_stream.h"
#include "tests/support/combined_rounds.h"

#include <cmath>

namespace consilium {
namespace {

const EntrySpec kTrunk{"backbone.weight", ElementType::kFloat32, {1}};

struct BufferedContribution {
  Contribution update;
  ByteView started_from;
  RoundNumber staleness = 0;
};

Status ReduceBuffered(const FedBuffOptions& options, const EntrySpec& entry, ByteView current,
                      const std::vector<BufferedContribution>& all, Bytes& next) {
  std::vector<SiteFacts> facts(all.size());
  std::vector<Contribution> contributions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    facts[i].staleness = all[i].staleness;
    contributions.push_back(all[i].update);
    contributions.back().started_from = all[i].started_from;
  }
  const auto reducer = FedBuff(options).Begin(facts);
  return reducer->Reduce({entry, current, contributions}, {next, {}, {}});
}

std::vector<RoundNumber> StalenessOf(const BufferStep& step) {
  std::vector<RoundNumber> all;
  for (const BufferedUpdate& update : step.updates) all.push_back(update.staleness);
  return all;
}

TEST(FedBuffTest, AFullBufferMakesAVersionAndStalenessIsCountedOnArrival) {
  FedBuffOptions options;
  options.buffer_size = 2;
  ArrivalBuffer buffer(options);
  EXPECT_TRUE(buffer.Arrive(SiteId("fast"), 0).value().updates.empty());
  EXPECT_EQ(StalenessOf(buffer.Arrive(SiteId("other"), 0).value()),
            (std::vector<RoundNumber>{0, 0}));
  EXPECT_EQ(buffer.version(), 1);
  EXPECT_TRUE(buffer.Arrive(SiteId("slow"), 0).value().updates.empty());
  const BufferStep step = buffer.Arrive(SiteId("fast"), 1).value();
  EXPECT_EQ(step.version, 1);
  EXPECT_EQ(StalenessOf(step), (std::vector<RoundNumber>{1, 0}));
}

TEST(FedBuffTest, WhatCannotBeAnUpdateOfNowIsRefusedAndChangesNothing) {
  FedBuffOptions options;
  options.buffer_size = 1;
  options.max_staleness = 1;
  ArrivalBuffer buffer(options);
  EXPECT_STATUS(buffer.Arrive(SiteId("A"), 1), StatusCode::kFailedPrecondition,
                "site A: its update started from version 1, the latest is 0");
  ASSERT_OK(buffer.Arrive(SiteId("A"), 0));
  EXPECT_STATUS(buffer.Arrive(SiteId("A"), 0), StatusCode::kFailedPrecondition, "as one before it");
  ASSERT_OK(buffer.Arrive(SiteId("B"), 1));
  EXPECT_STATUS(buffer.Arrive(SiteId("C"), 0), StatusCode::kFailedPrecondition, "more than 1");
  EXPECT_EQ(buffer.version(), 2);
  EXPECT_TRUE(buffer.IsTooOld(0) && !buffer.IsTooOld(1));
}

TEST(FedBuffTest, AFlushMakesAVersionOfFewer) {
  ArrivalBuffer buffer({});
  ASSERT_OK(buffer.Arrive(SiteId("A"), 0));
  const BufferStep step = buffer.Flush();
  EXPECT_EQ(step.version, 0);
  EXPECT_EQ(step.updates, (std::vector<BufferedUpdate>{{SiteId("A"), 0, 0, 0}}));
  EXPECT_EQ(buffer.version(), 1);
  EXPECT_TRUE(buffer.waiting().empty());
  EXPECT_TRUE(buffer.HasDelivered(SiteId("A"), 0) && !buffer.HasDelivered(SiteId("A"), 1));
}

TEST(FedBuffTest, OldUpdatesCountLessAndAgainstTheVersionTheyStartedFrom) {
  FedBuffOptions options;
  options.server_learning_rate = 0.5;
  const Bytes current = BytesOfValues<float>({10});
  const Bytes old = BytesOfValues<float>({4});
  const Bytes fresh_update = BytesOfValues<float>({14});
  const Bytes stale_update = BytesOfValues<float>({8});
  const std::vector<BufferedContribution> contributions = {{{0.5, 1, fresh_update, {}}, current, 0},
                                                           {{0.5, 1, stale_update, {}}, old, 3}};
  Bytes next(4);
  ASSERT_OK(ReduceBuffered(options, kTrunk, current, contributions, next));
  // 10 + 0.5 (0.5 * 4 + 0.5 * 4 / sqrt(1 + 3)) = 11.5
  EXPECT_EQ(ValuesOfBytes<float>(next), std::vector<float>{11.5F});
  EXPECT_DOUBLE_EQ(StalenessFactor(3, 0.5), 0.5);
}

TEST(FedBuffTest, AGroupWithoutWeightStaysAsItIs) {
  const Bytes current = BytesOfValues<float>({10});
  const Bytes update = BytesOfValues<float>({14});
  const std::vector<BufferedContribution> contributions = {{{0, 1, update, {}}, current, 0}};
  Bytes next(4);
  ASSERT_OK(ReduceBuffered({}, kTrunk, current, contributions, next));
  EXPECT_EQ(next, current);
}

/// One arrival after another of sites of very different speed; each update is a function of its site
/// and of what it started from. Returns all versions.
std::vector<Bytes> Replayed(const std::vector<std::pair<int, RoundNumber>>& record) {
  FedBuffOptions options;
  options.buffer_size = 3;
  ArrivalBuffer buffer(options);
  std::vector<Bytes> versions{BytesOfValues<float>({0.3F})};
  std::map<std::int64_t, Bytes> updates;
  std::int64_t arrival = 0;
  for (const auto& [site, started_from] : record) {
    const float start =
        ValuesOfBytes<float>(versions.at(static_cast<std::size_t>(started_from)))[0];
    updates[arrival++] =
        BytesOfValues<float>({start + 0.1F * std::sin(start + static_cast<float>(site))});
    const BufferStep step = buffer.Arrive(SiteId(std::to_string(site)), started_from).value();
    if (step.updates.empty()) continue;
    std::vector<BufferedContribution> contributions;
    for (const BufferedUpdate& update : step.updates) {
      contributions.push_back({{1.0 / 7, 1, updates.at(update.arrival), {}},
                               versions.at(static_cast<std::size_t>(update.started_from)),
                               update.staleness});
    }
    Bytes next(4);
    EXPECT_OK(ReduceBuffered(options, kTrunk, versions.back(), contributions, next));
    versions.push_back(next);
  }
  return versions;
}

TEST(FedBuffTest, TheRecordedOrderReplaysToTheSameBits) {
  RandomStream random(StreamSeed(1, {"arrivals"}));
  std::vector<std::pair<int, RoundNumber>> record;
  std::map<int, RoundNumber> fetched;
  FedBuffOptions options;
  options.buffer_size = 3;
  ArrivalBuffer live(options);
  while (record.size() < 200) {
    // Site 0 is twenty times as fast as site 6.
    const int site = random.Below(20) == 0 ? 6 : static_cast<int>(random.Below(6));
    const RoundNumber from = fetched.try_emplace(site, 0).first->second;
    if (live.Arrive(SiteId(std::to_string(site)), from).ok()) record.emplace_back(site, from);
    fetched[site] = live.version();
  }
  const std::vector<Bytes> versions = Replayed(record);
  EXPECT_GT(versions.size(), 60U);
  EXPECT_EQ(versions, Replayed(record));
}

}  // namespace
}  // namespace consilium
