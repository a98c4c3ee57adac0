#include "common/codec/packed_blocks.h"

#include "common/codec/update_codec.h"
#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <limits>

namespace consilium {
namespace {

/// Three blocks; half noise, half easily compressed.
Bytes Stream(std::size_t size = 150'000) {
  RandomStream random(StreamSeed(1, {"stream"}));
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(i % 4 < 2 ? random.Below(256) : i % 4);
  }
  return bytes;
}

Status ReadAll(const Bytes& packed, std::size_t size, std::size_t width) {
  Bytes read(size);
  const EncodedReader reader = ReaderOf(packed);
  return PackedBlocks(reader, size, width).Read(0, read);
}

template <typename T>
Bytes With(Bytes bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

TEST(PackedBlocksTest, AnyPartIsReadAsItWas) {
  const Bytes stream = Stream();
  RandomStream random(StreamSeed(2, {"parts"}));
  for (const std::size_t width : {1, 2, 4}) {
    const Bytes packed = PackedBlocks::Pack(stream, width);
    EXPECT_LT(packed.size(), stream.size() * 3 / 4);
    EXPECT_OK(PackedBlocks::CheckSize(stream.size(), packed.size()));
    const EncodedReader reader = ReaderOf(packed);
    for (int i = 0; i < 50; ++i) {
      const std::size_t from = random.Below(stream.size() + 1);
      Bytes part(random.Below(stream.size() - from + 1));
      ASSERT_OK(PackedBlocks(reader, stream.size(), width).Read(from, part));
      ASSERT_TRUE(std::equal(part.begin(), part.end(), stream.begin() + from));
    }
  }
}

TEST(PackedBlocksTest, NoiseIsKeptAsItIs) {
  RandomStream random(StreamSeed(3, {"noise"}));
  Bytes noise(70'000);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random.Below(256));
  const Bytes packed = PackedBlocks::Pack(noise, 4);
  EXPECT_EQ(packed.size(), 2 * sizeof(std::uint64_t) + noise.size());
  EXPECT_OK(PackedBlocks::CheckSize(noise.size(), packed.size()));
  Bytes read(noise.size());
  const EncodedReader reader = ReaderOf(packed);
  ASSERT_OK(PackedBlocks(reader, noise.size(), 4).Read(0, read));
  EXPECT_EQ(read, noise);
}

TEST(PackedBlocksTest, SizesThatNoStreamHasAreRefused) {
  EXPECT_OK(PackedBlocks::CheckSize(0, 0));
  EXPECT_STATUS(PackedBlocks::CheckSize(150'000, 26), StatusCode::kDataLoss, "expected 27");
  EXPECT_STATUS(PackedBlocks::CheckSize(150'000, 150'025), StatusCode::kDataLoss, "to 150024");
}

TEST(PackedBlocksTest, EndsThatCannotBeAreRefusedBeforeAnythingIsRead) {
  const Bytes packed = PackedBlocks::Pack(Stream(), 1);
  for (const std::uint64_t end : {std::uint64_t{0}, std::uint64_t{24}, std::uint64_t{1} << 40,
                                  std::numeric_limits<std::uint64_t>::max()}) {
    for (const std::size_t block : {0, 1, 2}) {
      EXPECT_STATUS(ReadAll(With(packed, block * 8, end), 150'000, 1), StatusCode::kDataLoss,
                    "ends where it cannot");
    }
  }
}

TEST(PackedBlocksTest, AFrameOfAnotherSizeIsRefusedHoweverMuchItClaims) {
  // A frame of 100 MB of zeros, put where one of 65,536 bytes is expected.
  const Bytes bomb = PackedBlocks::Pack(Bytes(PackedBlocks::kBlock), 1);
  Bytes packed(8);
  Bytes zeros;
  ZstdPacker packer;
  packer.Append(Bytes(100'000'000), zeros);
  ASSERT_LT(zeros.size(), 60'000U);
  packed.insert(packed.end(), zeros.begin(), zeros.end());
  const std::uint64_t end = packed.size();
  EXPECT_STATUS(ReadAll(With(packed, 0, end), PackedBlocks::kBlock, 1), StatusCode::kDataLoss,
                "block 0: a block is no zstd frame of its size");
  EXPECT_STATUS(ReadAll(bomb, PackedBlocks::kBlock - 4, 1), StatusCode::kDataLoss, "block 0");
  const Bytes small = PackedBlocks::Pack(Bytes(1000), 1);
  EXPECT_STATUS(ReadAll(small, PackedBlocks::kBlock, 1), StatusCode::kDataLoss,
                "unpacks to 1000 bytes");
}

TEST(PackedCodecTest, IsWhatItPacksToTheBit) {
  const auto layout = MixedLayout();
  const ParameterBlob base = RandomState(layout, 1);
  const ParameterBlob state = Moved(base, 2, 0.01F);
  for (const char* name : {"fp32", "fp32+difference", "bf16", "int8+difference", "top-5%"}) {
    const auto plain = MakeCodec(name, layout).value();
    const auto packed = MakeCodec(std::string(name).append("+zstd"), layout).value();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate update,
                                   plain->Encode(state, base.bytes, {}));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate small,
                                   packed->Encode(state, base.bytes, {}));
    const bool noise = *name == 'i' || *name == 't';  // whose bytes are as likely as any
    EXPECT_TRUE(noise || small.bytes.size() < update.bytes.size()) << name;
    EXPECT_OK(packed->CheckSize(small.bytes.size()));
    EXPECT_EQ(small.residual, update.residual);
    for (const std::size_t from : {0, 1, 4095, 40'003}) {
      Bytes expected(state.bytes.size() - from - 3);
      Bytes decoded(expected.size());
      ASSERT_OK(plain->DecodeRange(ReaderOf(update.bytes), ReaderOf(base.bytes), from, expected));
      ASSERT_OK(packed->DecodeRange(ReaderOf(small.bytes), ReaderOf(base.bytes), from, decoded));
      EXPECT_EQ(decoded, expected) << name;
    }
  }
}

}  // namespace
}  // namespace consilium
