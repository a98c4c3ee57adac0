#include "common/tensor_file/pickle.h"

#include "tests/support/status_matchers.h"
#include "tests/support/torch_file.h"

namespace consilium {
namespace {

bool IsOrderedDict(std::string_view module, std::string_view name) {
  return module == "collections" && name == "OrderedDict";
}

Result<Pickle> Read(const std::string& value) {
  const std::string text = Pickled(value);
  return ReadPickle(AsBytes(text), IsOrderedDict);
}

/// Outlives the pickle, whose texts are views of it.
Pickle ReadKept(const std::string& text) {
  return ReadPickle(AsBytes(text), IsOrderedDict).value();
}

TEST(PickleTest, ReadsIntegersOfEveryWidth) {
  const auto value = [](const std::string& text) {
    const Pickle pickle = Read(text).value();
    EXPECT_EQ(pickle[pickle.root].kind, PickleKind::kInteger);
    return pickle[pickle.root].integer;
  };
  EXPECT_EQ(value("K\xff"), 255);
  EXPECT_EQ(value("M\x01\x02"), 513);
  EXPECT_EQ(value("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(value(std::string("\x8a\x00", 2)), 0);
  EXPECT_EQ(value("\x8a\x01\x80"), -128);
  EXPECT_EQ(value(std::string("\x8a\x02\x80\x00", 4)), 128);
  EXPECT_EQ(value(PickledInt(-(std::int64_t{1} << 40))), -(std::int64_t{1} << 40));
}

TEST(PickleTest, KeepsAnIntegerBeyond64BitsAsItsBytes) {
  const std::string text = Pickled(
      "\x8a\x09"
      "123456789");
  const Pickle pickle = ReadKept(text);
  EXPECT_EQ(pickle[pickle.root].kind, PickleKind::kBigInteger);
  EXPECT_EQ(pickle[pickle.root].text, "123456789");
}

TEST(PickleTest, SharesWhatTheMemoHolds) {
  const std::string text = Pickled("(" + PickledText("a") + "q\x07h\x07t");
  const Pickle pickle = ReadKept(text);
  const PickleValue& tuple = pickle[pickle.root];
  ASSERT_EQ(tuple.items.size(), 2U);
  EXPECT_EQ(tuple.items[0], tuple.items[1]);
  EXPECT_EQ(pickle[tuple.items[0]].text, "a");
}

TEST(PickleTest, SaysWhereItEnds) {
  const std::string text = Pickled("N") + "rest";
  EXPECT_EQ(ReadKept(text).size, 4U);
}

TEST(PickleTest, DropsTheStateOfAnOrderedDict) {
  const std::string text =
      Pickled(PickledName("collections", "OrderedDict") + ")R(" + PickledText("k") + "Nu}b");
  const Pickle pickle = ReadKept(text);
  EXPECT_EQ(pickle[pickle.root].kind, PickleKind::kDict);
  EXPECT_EQ(pickle[pickle.root].items.size(), 2U);
}

struct RefusedCase {
  std::string test_name;
  std::string value;
  std::string complaint;
};

class RefusedPickleTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedPickleTest, IsRefusedWithItsReason) {
  EXPECT_STATUS(Read(GetParam().value), StatusCode::kInvalidArgument, GetParam().complaint);
}

std::string Repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<RefusedCase> RefusedCases() {
  return {
      {"Empty", "", "takes a value where there is none"},
      {"Protocol", "\x80\x06N", "is of protocol 6, expected 2 to 5"},
      {"UnknownOpcode", "N\x8f", "has opcode 143, which weights do not need"},
      {"Extension", "\x82\x01", "has opcode 130"},
      {"OldInstance", "(ios\nsystem\n", "has opcode 105"},
      {"TextLongerThanThePickle",
       "X\xff\xff\xff\xff"
       "a",
       "ends too early"},
      {"TextLongerThanMemory",
       "\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
       "a",
       "ends too early"},
      {"NameWithoutEnd", "c" + std::string(1000, 'n'), "a name without an end"},
      {"NameOfNumbers", "NN\x93", "by what is no text"},
      {"UnknownName", PickledName("posix", "system"), "holds 'posix.system', which is code"},
      {"MemoNeverFilled", "h\x05", "uses a value that it has not made"},
      {"MemoOfNothing", "q\x05", "takes a value where there is none"},
      {"TupleWithoutMark", "Nt", "closes what it has not opened"},
      {"PopsTheMark", "N(0", "takes a value where there is none"},
      {"TupleAcrossTheMark", "N(N\x86", "takes a value where there is none"},
      {"AppendToNothing", "Na", "takes a value where there is none"},
      {"AppendToDict", "}Na", "no container of that kind"},
      {"ItemsOfList", "](NNu", "no container of that kind"},
      {"OddItems", "}(NNNu", "has a key without a value"},
      {"StateOfNumber", "K\x01}b", "gives a state to what has none"},
      {"PairsThatAreNone", PickledName("collections", "OrderedDict") + "](Ne\x85R", "no pairs"},
      {"TooDeep", Repeated("(", 257), "is nested too deeply"},
      {"TooManyValues", Repeated("N", PickleBounds::kMaxValues + 1), "more than 3000000 values"},
      {"TooManySteps", "N" + Repeated("q\x01", PickleBounds::kMaxSteps), "more than 8000000 steps"},
      {"TooLong",
       "X" + Raw(static_cast<std::uint32_t>(PickleBounds::kMaxBytes)) +
           std::string(PickleBounds::kMaxBytes, 'x'),
       "is longer than 67108864 bytes"},
      {"PairsWithoutEnd",
       "](NN\x86q\x01" + Repeated("h\x01", 999'999) + "eq\x02" +
           Repeated(PickledName("collections", "OrderedDict") + "h\x02\x85R0", 4),
       "has too many pairs"},
  };
}

INSTANTIATE_TEST_SUITE_P(Cases, RefusedPickleTest, testing::ValuesIn(RefusedCases()),
                         [](const auto& test) { return test.param.test_name; });

}  // namespace
}  // namespace consilium
