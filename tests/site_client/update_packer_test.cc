#include "site_client/update_packer.h"

#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace consilium {
namespace {

const RunId kRun("run");
const SiteId kSite("A");

class UpdatePackerTest : public ::testing::TestWithParam<std::string> {
 protected:
  UpdatePacker Open(const std::string& folder = "") {
    return UpdatePacker::Open(folder, kRun, kSite, GetParam(), layout_).value();
  }
  /// What is sent in `round` if the newest model with an update of ours is `counted`.
  Bytes Pack(UpdatePacker& packer, RoundNumber round, RoundNumber counted) const {
    Instruction instruction;
    instruction.round = round;
    instruction.counted_version = counted;
    const ParameterBlob model = Moved(start_, 100 + static_cast<std::uint64_t>(round), 0.01F);
    const ParameterBlob state = Moved(model, 200 + static_cast<std::uint64_t>(round), 0.01F);
    const auto packed = packer.Pack(instruction, state, model.bytes);
    EXPECT_OK(packed.status());
    return packed.ok() ? *packed : Bytes();
  }

  const std::shared_ptr<const Layout> layout_ = MixedLayout();
  const ParameterBlob start_ = RandomState(layout_, 1);
};

TEST_P(UpdatePackerTest, WhatWasLeftOutIsInTheNextUpdate) {
  UpdatePacker packer = Open();
  UpdatePacker fresh = Open();
  Pack(packer, 0, 0);
  EXPECT_NE(Pack(packer, 1, 1), Pack(fresh, 1, 0));
}

TEST_P(UpdatePackerTest, ARoundDoneAgainGivesTheSameBytes) {
  UpdatePacker packer = Open();
  Pack(packer, 0, 0);
  const Bytes second = Pack(packer, 1, 1);
  EXPECT_EQ(Pack(packer, 1, 1), second);
}

TEST_P(UpdatePackerTest, AnUpdateThatDidNotCountLeavesTheResidualOfBefore) {
  UpdatePacker packer = Open();
  UpdatePacker other = Open();
  Pack(packer, 0, 0);
  Pack(other, 0, 0);
  Pack(packer, 1, 1);  // comes too late
  Pack(packer, 2, 1);  // and so does this
  EXPECT_EQ(Pack(packer, 3, 1), Pack(other, 3, 1));
}

TEST_P(UpdatePackerTest, ARestartedSiteGoesOnWithTheSameBits) {
  const TempFolder folder;
  UpdatePacker lasting = Open();
  for (RoundNumber round = 0; round < 4; ++round) {
    UpdatePacker restarted = Open(folder.path());
    const Bytes expected = Pack(lasting, round, round);
    EXPECT_EQ(Pack(restarted, round, round), expected);
    // Killed after the aggregator took the update, and before: the next instruction tells which.
    UpdatePacker again = Open(folder.path());
    EXPECT_EQ(Pack(again, round, round), expected);
  }
}

TEST_P(UpdatePackerTest, FilesOfVersionsThatNobodyAsksForAreRemoved) {
  const TempFolder folder;
  UpdatePacker packer = Open(folder.path());
  for (RoundNumber round = 0; round < 5; ++round) Pack(packer, round, round);
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    files.insert(file.path().filename().string());
  }
  EXPECT_EQ(files, (std::set<std::string>{"residual-v4.safetensors", "residual-v5.safetensors"}));
}

INSTANTIATE_TEST_SUITE_P(Codecs, UpdatePackerTest,
                         ::testing::Values("int8", "int8+difference", "top-1%",
                                           "top-1%+difference"));

TEST(UpdatePackerWithoutResidualTest, NothingIsWrittenWhereNothingIsLeftOut) {
  const TempFolder folder;
  const auto layout = MixedLayout();
  const ParameterBlob state = RandomState(layout, 1);
  for (const char* codec : {"fp32", "bf16+difference"}) {
    UpdatePacker packer = UpdatePacker::Open(folder.path(), kRun, kSite, codec, layout).value();
    ASSERT_OK(packer.Pack(Instruction{}, state, state.bytes).status());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace consilium
