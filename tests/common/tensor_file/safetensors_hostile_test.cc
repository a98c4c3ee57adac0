#include "common/tensor_file/safetensors.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

Bytes FileOf(std::string_view header, std::size_t data_bytes) {
  ByteWriter writer;
  writer.Put(static_cast<std::uint64_t>(header.size()));
  writer.PutBytes(AsBytes(header));
  writer.PutBytes(Bytes(data_bytes));
  return writer.Take();
}

struct HostileCase {
  std::string test_name;
  std::string header;
  std::size_t data_bytes;
  std::string complaint;
};

class HostileSafetensorsTest : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileSafetensorsTest, IsRefusedWithItsReason) {
  const HostileCase& hostile = GetParam();
  const auto parsed = ParseSafetensors(FileOf(hostile.header, hostile.data_bytes), "x.safetensors");
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, "x.safetensors: ");
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, hostile.complaint);
  EXPECT_EQ(parsed.status().message().find('\n'), std::string::npos);
}

std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}";
}

std::vector<HostileCase> HostileCases() {
  const std::string a = Entry("a", "F32", "[2]", "[0,8]");
  return {
      {"NotJson", "torch", 0, "not JSON"},
      {"Truncated", "{\"a\":{", 0, "not JSON"},
      {"TrailingText", "{} {}", 0, "not JSON"},
      {"NameNotUtf8", "{\"\xFF\":{}}", 0, "not JSON"},
      {"ListAtTop", "[]", 0, "not an object"},
      {"NumberAtTop", "3", 0, "not an object"},
      {"TextForEntry", R"({"a":"b"})", 0, "a text where none belongs, at 'a'"},
      {"NestedObject", R"({"a":{"dtype":{"x":1}}})", 0, "an object where none belongs"},
      {"NestedLists", R"({"a":{"shape":)" + std::string(100'000, '['), 0, "a list where none"},
      {"NestedObjects", std::string(5, ' ') + R"({"a":{"a":{"a":{)", 0, "an object where none"},
      {"NumberInMetadata", R"({"__metadata__":{"epoch":3}})", 0, "a number where none belongs"},
      {"UnknownField", R"({"a":{"layout":"strided"}})", 0, "a text where none belongs"},
      {"NameTwice", "{" + a + "," + a + "}", 8, "'a' appears twice"},
      {"FieldTwice", R"({"a":{"dtype":"F32","dtype":"F64"}})", 8, "'dtype' appears twice"},
      {"NameTwiceByEscape", "{" + a + "," + Entry("\\u0061", "F32", "[2]", "[0,8]") + "}", 8,
       "'a' appears twice"},
      {"EmptyHeader", "", 0, "not JSON"},
      {"NullForEntry", R"({"a":null})", 0, "null where none belongs"},
      {"NumberForType", R"({"a":{"dtype":3}})", 0, "a number where none belongs"},
      {"BooleanDimension", "{" + Entry("a", "F32", "[true]", "[0,4]") + "}", 4, "a boolean where"},
      {"TextForMetadata", R"({"__metadata__":"x"})", 0, "a text where none belongs"},
      {"ListForMetadata", R"({"__metadata__":[]})", 0, "a list where none belongs"},
      {"ObjectInMetadata", R"({"__metadata__":{"x":{}}})", 0, "an object where none belongs"},
      {"MetadataTwice", R"({"__metadata__":{},"__metadata__":{}})", 0, "appears twice"},
      {"MetadataKeyTwice", R"({"__metadata__":{"x":"1","x":"2"}})", 0, "'x' appears twice"},
      {"NoType", R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8, "'a' has no dtype"},
      {"NoShape", R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8, "'a' has no shape"},
      {"NoOffsets", R"({"a":{"dtype":"F32","shape":[2]}})", 8, "'a' has no data_offsets"},
      {"ThreeOffsets", "{" + Entry("a", "F32", "[2]", "[0,4,8]") + "}", 8, "not two numbers"},
      {"NegativeDimension", "{" + Entry("a", "F32", "[-2]", "[0,8]") + "}", 8, "a negative number"},
      {"FractionalDimension", "{" + Entry("a", "F32", "[2.5]", "[0,8]") + "}", 8, "the number 2.5"},
      {"HugeDimension", "{" + Entry("a", "F32", "[9223372036854775808]", "[0,8]") + "}", 8,
       "so large a number"},
      {"BeyondAnyInteger", "{" + Entry("a", "F32", "[99999999999999999999999]", "[0,8]") + "}", 8,
       "the number 9999"},
      {"OverflowingShape",
       "{" + Entry("a", "F32", "[4294967296,4294967296,4294967296]", "[0,8]") + "}", 8,
       "is too large"},
      {"TooManyDimensions",
       "{" +
           Entry(
               "a", "F32",
               "[" +
                   [] {
                     std::string ones = "1";
                     for (int i = 0; i < 64; ++i) ones += ",1";
                     return ones;
                   }() +
                   "]",
               "[0,4]") +
           "}",
       4, "a longer list"},
      {"UnknownType", "{" + Entry("a", "U8", "[2]", "[0,2]") + "}", 2,
       "type 'U8', expected one of F32, F64"},
      {"Gap", "{" + a + "," + Entry("b", "F32", "[1]", "[12,16]") + "}", 16,
       "'b' begin at 12, expected 8"},
      {"Overlap", "{" + a + "," + Entry("b", "F32", "[1]", "[4,8]") + "}", 8,
       "'b' begin at 4, expected 8"},
      {"EndBeforeBegin",
       "{" + Entry("a", "F32", "[0]", "[0,0]") + "," + Entry("b", "F32", "[0]", "[0,0]") + "," +
           Entry("c", "F32", "[1]", "[4,0]") + "}",
       4, "'c' begin at 4, expected 0"},
      {"SizeDiffersFromShape", "{" + Entry("a", "F64", "[2]", "[0,8]") + "}", 8,
       "'a' end at 8, by its shape and type expected 16"},
      {"BeyondTheFile", "{" + Entry("a", "F32", "[250]", "[0,1000]") + "}", 8,
       "the file has only 8 bytes"},
      {"NegativeOffset", "{" + Entry("a", "F32", "[2]", "[-8,0]") + "}", 8, "a negative number"},
      {"OffsetBeyondAnyFile", "{" + Entry("a", "F32", "[2]", "[0,9223372036854775807]") + "}", 8,
       "'a' end at 9223372036854775807, by its shape and type expected 8"},
      {"OverflowBehindZero", "{" + Entry("a", "F32", "[9223372036854775807,0]", "[0,0]") + "}", 0,
       "is too large"},
      {"BytesLeftOver", "{" + a + "}", 9, "1 bytes follow the last tensor"},
      {"EmptyName", "{" + Entry("", "F32", "[2]", "[0,8]") + "}", 8, "no name"},
      {"LongNameIsCut", "{\"" + std::string(5000, 'n') + "\":3}", 0, "nnn...'"},
      {"LineBreakInName", R"({"a\nb":3})", 0, "'a?b'"},
  };
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileSafetensorsTest, testing::ValuesIn(HostileCases()),
                         [](const auto& test) { return test.param.test_name; });

TEST(SafetensorsBoundsTest, EveryTruncationOfAFileIsRefused) {
  const std::string header = "{" + Entry("a", "F32", "[2]", "[0,8]") + "}";
  const Bytes whole = FileOf(header, 8);
  ASSERT_OK(ParseSafetensors(whole, "x"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseSafetensors(ByteView(whole).first(size), "x").ok()) << size;
  }
}

TEST(SafetensorsBoundsTest, AHeaderLongerThanTheFileOrItsBoundIsRefused) {
  for (const std::uint64_t size :
       {std::uint64_t{16}, std::uint64_t{100'000'001}, ~std::uint64_t{0}}) {
    ByteWriter writer;
    writer.Put(size);
    writer.PutText("{}");
    EXPECT_STATUS(ParseSafetensors(writer.bytes(), "x"), StatusCode::kInvalidArgument,
                  "its header would be");
  }
}

TEST(SafetensorsBoundsTest, MoreEntriesThanALayoutHoldsAreRefused) {
  std::string header = "{";
  for (std::size_t i = 0; i <= Layout::kMaxEntries; ++i) {
    header += (i > 0 ? "," : "") + Entry(std::to_string(i), "F32", "[0]", "[0,0]");
  }
  EXPECT_STATUS(ParseSafetensors(FileOf(header + "}", 0), "x"), StatusCode::kInvalidArgument,
                "more than 100000 entries");
}

}  // namespace
}  // namespace consilium
