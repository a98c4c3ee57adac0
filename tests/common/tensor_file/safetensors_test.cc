#include "common/tensor_file/safetensors.h"

#include "common/storage/file_io.h"
#include "tests/support/status_matchers.h"

#include <cmath>

namespace consilium {
namespace {

Bytes Golden(const std::string& name) {
  return ReadFile(std::string(CONSILIUM_GOLDEN_DIR) + "/safetensors/" + name, 1 << 20).value();
}

template <typename T>
std::vector<T> Values(const ParameterBlob& blob, std::string_view name) {
  const auto entry = static_cast<std::size_t>(blob.layout->Find(name));
  std::vector<T> values(blob.layout->size(entry) / sizeof(T));
  std::memcpy(values.data(), blob.bytes.data() + blob.layout->offset(entry),
              blob.layout->size(entry));
  return values;
}

TEST(SafetensorsTest, ReadsEntriesInTheOrderOfTheirData) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile file,
                                 ParseSafetensors(Golden("native.safetensors"), "native"));
  const std::vector<EntrySpec> expected{
      {"backbone.conv1.weight", ElementType::kFloat32, {2, 3}},
      {"backbone.bn1.num_batches_tracked", ElementType::kInt64, {}},
      {"heads.brixia.6.bias", ElementType::kFloat64, {2}},
      {"empty", ElementType::kFloat32, {0, 4}}};
  EXPECT_EQ(file.blob.layout->entries(), expected);
  EXPECT_EQ(file.blob.bytes.size(), file.blob.layout->byte_size());
  EXPECT_EQ(Values<float>(file.blob, "backbone.conv1.weight"),
            (std::vector<float>{0, 0.5F, -1, 2, 1e-3F, 3e38F}));
  EXPECT_EQ(Values<std::int64_t>(file.blob, "backbone.bn1.num_batches_tracked"),
            std::vector<std::int64_t>{-7});
  EXPECT_EQ(Values<double>(file.blob, "heads.brixia.6.bias"), (std::vector<double>{0.1, -1e300}));
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"format", "pt"}, {"seed", "1"}}));
}

TEST(SafetensorsTest, WritesTheBytesThatPythonWrites) {
  const Bytes golden = Golden("native.safetensors");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile file, ParseSafetensors(golden, "native"));
  EXPECT_EQ(SerializeSafetensors(file), golden);
}

TEST(SafetensorsTest, AFileWithoutTensorsRoundTrips) {
  const Bytes bytes = SerializeSafetensors({{Layout::Make({}).value(), {}}, {}});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile file, ParseSafetensors(bytes, "empty"));
  EXPECT_TRUE(file.blob.layout->entries().empty());
  EXPECT_TRUE(file.blob.bytes.empty());
}

TEST(SafetensorsTest, WidensNarrowTypes) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile file,
                                 ParseSafetensors(Golden("foreign.safetensors"), "foreign"));
  const float infinity = std::numeric_limits<float>::infinity();
  // Smallest and largest subnormal, then the largest finite half.
  const std::vector<float> halves{0,     -0.0F,    1,        -2, 0x1p-24F, 1023 * 0x1p-24F,
                                  65504, infinity, -infinity};
  const std::vector<float> read = Values<float>(file.blob, "half");
  EXPECT_EQ(read, halves);
  EXPECT_TRUE(std::signbit(read[1]));
  EXPECT_EQ(Values<float>(file.blob, "brain"), (std::vector<float>{1, -2.5F, 0x1p-133F}));
  EXPECT_EQ(Values<std::int64_t>(file.blob, "int"), (std::vector<std::int64_t>{-5, 2147483647}));
  EXPECT_EQ(file.blob.layout->entries()[0].type, ElementType::kFloat32);
  EXPECT_EQ(file.blob.layout->entries()[2].type, ElementType::kInt64);
}

}  // namespace
}  // namespace consilium
