#include "common/federation/parameter_blob.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

EntrySpec Entry(std::string name, std::vector<std::int64_t> shape,
                ElementType type = ElementType::kFloat32) {
  return {std::move(name), type, std::move(shape)};
}

std::vector<EntrySpec> SmallEntries() {
  return {Entry("backbone.conv.weight", {2, 3}), Entry("backbone.bn.running_mean", {3}),
          Entry("backbone.bn.num_batches_tracked", {}, ElementType::kInt64),
          Entry("heads.brixia.0.weight", {1, 2}, ElementType::kFloat64)};
}

TEST(LayoutTest, PlacesEntriesOneAfterAnotherWithoutPadding) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto layout, Layout::Make(SmallEntries()));
  EXPECT_EQ(layout->offset(0), 0u);
  EXPECT_EQ(layout->offset(1), 24u);
  EXPECT_EQ(layout->offset(2), 36u);
  EXPECT_EQ(layout->offset(3), 44u);
  EXPECT_EQ(layout->size(2), 8u);
  EXPECT_EQ(layout->byte_size(), 60u);
}

TEST(LayoutTest, AnEmptyLayoutHasNoBytes) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto layout, Layout::Make({}));
  EXPECT_EQ(layout->byte_size(), 0u);
  EXPECT_EQ(layout->Find("a"), -1);
}

TEST(LayoutTest, FindsEntriesByName) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto layout, Layout::Make(SmallEntries()));
  for (std::size_t i = 0; i < layout->entries().size(); ++i) {
    EXPECT_EQ(layout->Find(layout->entries()[i].name), static_cast<std::ptrdiff_t>(i));
  }
  EXPECT_EQ(layout->Find("backbone.conv"), -1);
  EXPECT_EQ(layout->Find("z"), -1);
}

TEST(LayoutTest, RefusesANameTwiceOrNone) {
  EXPECT_STATUS(Layout::Make({Entry("a", {1}), Entry("b", {1}), Entry("a", {2})}),
                StatusCode::kInvalidArgument, "'a' appears twice");
  EXPECT_STATUS(Layout::Make({Entry("", {1})}), StatusCode::kInvalidArgument, "no name");
}

TEST(LayoutTest, RefusesDimensionsThatAreNegativeOrOverflow) {
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_STATUS(Layout::Make({Entry("a", {-1})}), StatusCode::kInvalidArgument, "negative");
  EXPECT_STATUS(Layout::Make({Entry("a", {huge, huge, 16})}), StatusCode::kInvalidArgument,
                "more than a layout may");
  EXPECT_STATUS(
      Layout::Make({Entry("a", {1LL << 37}), Entry("b", {1LL << 37})  // together the bound
                    ,
                    Entry("c", {1})}),
      StatusCode::kInvalidArgument, "'c': the layout grows over its bound");
}

TEST(LayoutTest, RefusesTooManyEntries) {
  std::vector<EntrySpec> entries;
  for (std::size_t i = 0; i <= Layout::kMaxEntries; ++i) {
    entries.push_back(Entry(std::to_string(i), {}));
  }
  EXPECT_STATUS(Layout::Make(std::move(entries)), StatusCode::kInvalidArgument, "at most");
}

TEST(LayoutTest, RefusesAnElementTypeThatDoesNotExist) {
  EXPECT_STATUS(Layout::Make({Entry("a", {1}, static_cast<ElementType>(9))}),
                StatusCode::kInvalidArgument, "element type is unknown");
}

TEST(LayoutTest, FingerprintDependsOnNamesTypesShapesAndOrder) {
  const auto fingerprint = [](std::vector<EntrySpec> entries) {
    return Layout::Make(std::move(entries)).value()->Fingerprint();
  };
  const std::string base = fingerprint({Entry("a", {12, 3}), Entry("b", {})});
  EXPECT_EQ(base.size(), 16u);
  EXPECT_EQ(base, fingerprint({Entry("a", {12, 3}), Entry("b", {})}));
  EXPECT_NE(base, fingerprint({Entry("b", {}), Entry("a", {12, 3})}));
  EXPECT_NE(base, fingerprint({Entry("a", {1, 23}), Entry("b", {})}));
  EXPECT_NE(base, fingerprint({Entry("a", {12, 3}), Entry("b", {1})}));
  EXPECT_NE(base, fingerprint({Entry("a", {12, 3}), Entry("c", {})}));
  EXPECT_NE(base, fingerprint({Entry("a", {12, 3}, ElementType::kFloat64), Entry("b", {})}));
}

TEST(EntrySpecTest, KindFollowsTheName) {
  EXPECT_EQ(KindOf(Entry("backbone.bn1.weight", {1})), EntryKind::kParameter);
  EXPECT_EQ(KindOf(Entry("backbone.bn1.running_mean", {1})), EntryKind::kRunningStatistic);
  EXPECT_EQ(KindOf(Entry("backbone.bn1.running_var", {1})), EntryKind::kRunningStatistic);
  EXPECT_EQ(KindOf(Entry("backbone.bn1.num_batches_tracked", {})), EntryKind::kCounter);
}

TEST(EntrySpecTest, HeadIsTheTaskInTheName) {
  EXPECT_EQ(HeadOf(Entry("heads.brixia.0.weight", {1})), TaskId("brixia"));
  EXPECT_EQ(HeadOf(Entry("backbone.heads.brixia.weight", {1})), TaskId());
  EXPECT_EQ(HeadOf(Entry("headspace.a.b", {1})), TaskId());
}

ParameterBlob SmallBlob() {
  ParameterBlob blob{Layout::Make(SmallEntries()).value(), {}};
  for (std::size_t i = 0; i < blob.layout->byte_size(); ++i) blob.bytes.push_back(std::byte(i));
  return blob;
}

TEST(SubsetTest, KeepsChosenEntriesWithTheirBytesInOrder) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob kept,
                                 Subset(SmallBlob(), [](const EntrySpec& entry) {
                                   return KindOf(entry) != EntryKind::kParameter;
                                 }));
  ASSERT_EQ(kept.layout->entries().size(), 2u);
  EXPECT_EQ(kept.layout->entries()[0].name, "backbone.bn.running_mean");
  ASSERT_EQ(kept.bytes.size(), 20u);
  EXPECT_EQ(kept.bytes.front(), std::byte(24));
  EXPECT_EQ(kept.bytes.back(), std::byte(43));
}

TEST(SubsetTest, RefusesABlobThatIsShorterThanItsLayout) {
  ParameterBlob blob = SmallBlob();
  blob.bytes.pop_back();
  EXPECT_STATUS(Subset(blob, [](const EntrySpec&) { return true; }), StatusCode::kDataLoss,
                "a state of 59 bytes, its layout has 60");
}

}  // namespace
}  // namespace consilium
