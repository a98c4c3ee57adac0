#include "common/base/bytes.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(BytesTest, ReadsBackWhatWasWritten) {
  ByteWriter writer;
  writer.Put<std::uint32_t>(7);
  writer.PutText("brixia");
  writer.Put(0.5);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(*reader.Read<std::uint32_t>(), 7u);
  EXPECT_EQ(*reader.ReadText(16), "brixia");
  EXPECT_EQ(*reader.Read<double>(), 0.5);
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(BytesTest, ReadingBeyondTheEndIsDataLossAndMovesNothing) {
  const Bytes three(3);
  ByteReader reader(three);
  EXPECT_STATUS(reader.Read<std::uint32_t>(), StatusCode::kDataLoss, "1 bytes too early");
  EXPECT_EQ(reader.remaining(), 3u);
}

TEST(BytesTest, ATextOverItsBoundIsRefusedBeforeItIsRead) {
  ByteWriter writer;
  writer.Put<std::uint32_t>(0xFFFFFFFF);
  ByteReader reader(writer.bytes());
  EXPECT_STATUS(reader.ReadText(64), StatusCode::kDataLoss, "over its bound");
}

}  // namespace
}  // namespace consilium
