#include "common/wire/admin_proto.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

/// As it comes out at the other side.
BackupPart AtTheOtherSide(const BackupPart& part, v1::BackupPart& message) {
  message.ParseFromString(ToProto(part).SerializeAsString());
  return FromProto(message).value();
}

TEST(AdminProtoTest, TheStartOfABackupCrossesWhole) {
  const BackupStart start{
      kBackupFormat,
      {1'700'000'000'000},
      {{RunId("a"), RunState::kRunning, 0}, {RunId("b"), RunState::kQueued, std::nullopt}},
      12,
      std::uint64_t{1} << 40};
  v1::BackupPart message;
  EXPECT_EQ(std::get<BackupStart>(AtTheOtherSide(start, message)), start);
}

TEST(AdminProtoTest, FilesOfABackupCrossWhole) {
  v1::BackupPart message;
  const BackupFile file{"runs/a/rounds.sqlite", 4096};
  EXPECT_EQ(std::get<BackupFile>(AtTheOtherSide(file, message)), file);
  const Bytes bytes = {std::byte{0}, std::byte{255}, std::byte{10}};
  const BackupPart part = AtTheOtherSide(ByteView(bytes), message);
  const auto read = std::get<ByteView>(part);
  EXPECT_TRUE(std::equal(read.begin(), read.end(), bytes.begin(), bytes.end()));
  EXPECT_EQ(std::get<BackupFileEnd>(AtTheOtherSide(BackupFileEnd{"00ff"}, message)).sha256, "00ff");
}

TEST(AdminProtoTest, WhatANewerAggregatorMightSendIsNamed) {
  v1::BackupPart message;
  EXPECT_STATUS(FromProto(message), StatusCode::kInvalidArgument, "a part without content");
  message.mutable_start()->add_runs()->set_state("archived");
  EXPECT_STATUS(FromProto(message), StatusCode::kInvalidArgument, "backup.runs.state: 'archived'");
  message.mutable_start()->clear_runs();
  message.mutable_start()->set_files(-1);
  EXPECT_STATUS(FromProto(message), StatusCode::kInvalidArgument, "backup.files");
}

}  // namespace
}  // namespace consilium
