#include "common/tensor_file/torch_legacy.h"

#include "tests/common/tensor_file/golden_weights.h"
#include "tests/support/status_matchers.h"
#include "tests/support/torch_file.h"

namespace consilium {
namespace {

Result<TensorFile> Parsed(const std::string& file) {
  return ParseTorchLegacy(AsBytes(file), "x.pth");
}

struct GoldenCase {
  std::string file;
  std::string expected;
};

class TorchLegacyTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(TorchLegacyTest, HoldsWhatPythonSaved) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const TensorFile file, ParseTorchLegacy(ReadGoldenWeights(GetParam().file), GetParam().file));
  ExpectSameTensors(file, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, TorchLegacyTest,
    testing::Values(GoldenCase{"plain_legacy.pth", "plain.safetensors"},
                    GoldenCase{"plain_protocol4_legacy.pth", "plain.safetensors"},
                    GoldenCase{"plain_in_resnet_legacy.pth", "plain.safetensors"},
                    GoldenCase{"views_legacy.pth", "views.safetensors"},
                    GoldenCase{"narrow_legacy.pth", "narrow.safetensors"}),
    [](const auto& test) { return test.param.file.substr(0, test.param.file.find('.')); });

TEST(TorchLegacyFormTest, ReadsParametersAsTheyWereBeforeVersion04) {
  // nn.Parameter(tensor), then its state: whether it is trained, volatile, hooks.
  const std::string tensor = PickledTensor().Text();
  const std::size_t name = tensor.find("_v2");
  const std::string old = std::string(tensor).erase(name, 3);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const TensorFile file, Parsed(LegacyFileOf(PickledName("torch.nn.parameter", "Parameter") +
                                                 old + "\x85R(\x88\x89}tb")));
  const std::vector<EntrySpec> expected{{"a", ElementType::kFloat32, {4}}};
  EXPECT_EQ(file.blob.layout->entries(), expected);
}

TEST(TorchLegacyFormTest, ReadsAnOrderedDictOfPython2) {
  const std::string pairs =
      "](](U\x01"
      "a" +
      PickledTensor().Text() + "ee";
  const std::string dict = PickledName("collections", "OrderedDict") + pairs + "\x85R";
  ASSERT_OK(Parsed(LegacyOpening() + Pickled(dict) + LegacyEnd({"0"}, 4)));
}

struct HostileCase {
  std::string test_name;
  std::string file;
  std::string complaint;
};

class HostileTorchLegacyTest : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileTorchLegacyTest, IsRefusedWithItsReason) {
  const auto parsed = Parsed(GetParam().file);
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, "x.pth: ");
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, GetParam().complaint);
  EXPECT_EQ(parsed.status().message().find('\n'), std::string::npos);
}

std::string WithTensor(const PickledTensor& tensor) { return LegacyFileOf(tensor.Text()); }

std::string WithoutStorage(const std::string& value) {
  return LegacyOpening() + Pickled(PickledDict(PickledText("a") + value)) + LegacyEnd({}, 0);
}

/// `count` names for one tensor over the whole of a storage.
std::string Aliases(int count) {
  std::string entries =
      PickledText("0") + PickledTensor{.count = 1000, .shape = {1000}}.Text() + "q\x01";
  for (int i = 1; i < count; ++i) entries += PickledText(std::to_string(i)) + "h\x01";
  return LegacyOpening() + Pickled(PickledDict(entries)) + LegacyEnd({"0"}, 1000);
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

std::vector<HostileCase> HostileTensors() {
  const std::string floats = WithTensor({});
  const std::string shorts = WithTensor({.type = "ShortStorage"});
  return {
      {"OffsetBeyond", WithTensor({.offset = 1}), "'a': reaches beyond its storage of 4"},
      {"OffsetFarBeyond", WithTensor({.offset = kHuge}), "reaches beyond"},
      {"OffsetNegative", WithTensor({.offset = -1}), "'a': is no tensor of a shape"},
      {"ShapeBeyond", WithTensor({.shape = {5}}), "reaches beyond"},
      {"ShapeNegative", WithTensor({.shape = {-1}}), "a negative size"},
      {"ShapeOverflows", WithTensor({.shape = {kHuge, 4}, .strides = {0, 0}}), "too large a shape"},
      {"ShapeOverflowsToNothing",
       WithTensor({.shape = {std::int64_t{1} << 32, std::int64_t{1} << 32}, .strides = {0, 0}}),
       "too large a shape"},
      {"StrideBeyond", WithTensor({.shape = {2}, .strides = {4}}), "reaches beyond"},
      {"StrideOverflows", WithTensor({.shape = {3}, .strides = {kHuge}}), "reaches beyond"},
      {"StrideNegative", WithTensor({.shape = {2}, .strides = {-1}}), "a negative size or stride"},
      {"StrideMissing", WithTensor({.strides = {}}), "is no tensor of a shape"},
      {"TooManyDimensions",
       WithTensor({.shape = std::vector<std::int64_t>(65, 1),
                   .strides = std::vector<std::int64_t>(65, 1)}),
       "is no tensor of a shape"},
      {"ExpandsWithoutEnd", WithTensor({.shape = {1 << 20}, .strides = {0}}), "too large a shape"},
      {"AliasesWithoutEnd", Aliases(300), "too large a shape"},
      {"StorageSmallerThanSaid", WithTensor({.count = 5}), "'0' has 4 elements, expected 5"},
      {"StorageBeyondAnyFile", WithTensor({.count = kHuge}), "would hold"},
      {"StorageOfNegativeSize", WithTensor({.count = -4}), "would hold -4 elements"},
      {"StorageNotListed", WithTensor({.key = "1"}), "storage '0' belongs to no tensor"},
      {"ElementsNotRead", shorts.substr(0, shorts.size() - 8),
       "'a': has elements of type torch.ShortStorage, expected one of F32"},
      {"StorageCutShort", floats.substr(0, floats.size() - 3), "'0' ended 3 bytes too early"},
      {"ElementsUnknown", WithTensor({.type = "QInt8Storage"}), "'torch.QInt8Storage', which is"},
  };
}

std::vector<HostileCase> HostileStates() {
  const std::string tensor = PickledTensor().Text();
  const std::string end = LegacyEnd({"0"}, 4);
  const std::string state = Pickled(PickledDict(PickledText("a") + tensor));
  const std::string clash = PickledDict(PickledText("a") + tensor + PickledText("b") +
                                        PickledTensor{.type = "IntStorage"}.Text());
  return {
      {"Command", LegacyFileOf(PickledName("os", "system") + PickledText("ls") + "\x85R"),
       "holds 'os.system', which is code, not weights"},
      {"CommandByStack", LegacyFileOf(PickledText("os") + PickledText("system") + "\x93"),
       "holds 'os.system'"},
      {"CommandInTheOpening", Pickled(PickledName("os", "system")), "holds 'os.system'"},
      {"CommandAmongTheKeys", LegacyOpening() + state + Pickled(PickledName("builtins", "eval")),
       "'builtins.eval'"},
      {"CommandWithLineBreak", LegacyFileOf("cos\x1b[2J\nsystem\n"), "'os?[2J.system'"},
      {"StorageInsteadOfTensor", WithoutStorage(PickledName("torch", "FloatStorage") + ")R"),
       "'a': is no tensor"},
      {"NumberInsteadOfTensor", WithoutStorage(PickledInt(3)), "'a': is no tensor"},
      {"CallOfText", LegacyFileOf(PickledText("eval") + ")R"), "calls what is no name"},
      {"ParametersForEver",
       LegacyFileOf(PickledName("torch.nn.parameter", "Parameter") + "(" +
                    PickledName("torch.nn.parameter", "Parameter") + "(" +
                    PickledName("torch.nn.parameter", "Parameter") + "(" + tensor + "tRtRtR"),
       "'a': is no tensor"},
      {"NoDict", LegacyOpening() + Pickled(tensor) + end, "holds no dict of tensors"},
      {"ListInItself",
       LegacyOpening() +
           Pickled("]q\x01h\x01"
                   "a") +
           Pickled("]"),
       "holds no dict"},
      {"TwoStates",
       LegacyOpening() +
           Pickled(PickledDict(PickledText("model") + PickledDict(PickledText("a") + tensor) +
                               PickledText("resnet") + PickledDict(PickledText("a") + tensor))) +
           end,
       "holds two state dicts"},
      {"NameTwice",
       LegacyOpening() +
           Pickled(PickledDict(PickledText("a") + tensor + PickledText("a") + tensor)) + end,
       "'a' appears twice"},
      {"NameTooLong",
       LegacyOpening() + Pickled(PickledDict(PickledText(std::string(1001, 'n')) + tensor)) + end,
       "has no name of at most 1000 bytes"},
      {"NameIsNumber", LegacyOpening() + Pickled(PickledDict(PickledInt(1) + tensor)) + end,
       "has no name"},
      {"IdOfWhatIsNoStorage", LegacyFileOf(PickledText("module") + "\x85Q"),
       "refers to what is no"},
      {"OneKeyTwoTypes", LegacyOpening() + Pickled(clash) + end, "two types or sizes"},
      {"StorageTwice", LegacyOpening() + state + LegacyEnd({"0", "0"}, 4), "'0' appears twice"},
      {"CountNegative", LegacyOpening() + state + Pickled("](" + PickledText("0") + "e") + Raw(-4L),
       "has -4 elements, expected 4"},
      {"BytesLeftOver", LegacyFileOf(tensor) + "x", "1 bytes follow the last storage"},
      {"BigEndian", LegacyOpening().substr(0, LegacyOpening().size() - 3) + "\x89u." + state + end,
       "big-endian"},
  };
}

const auto kName = [](const auto& test) { return test.param.test_name; };
INSTANTIATE_TEST_SUITE_P(Tensors, HostileTorchLegacyTest, testing::ValuesIn(HostileTensors()),
                         kName);
INSTANTIATE_TEST_SUITE_P(States, HostileTorchLegacyTest, testing::ValuesIn(HostileStates()), kName);

TEST(TorchLegacyBoundsTest, EveryTruncationIsRefused) {
  for (const char* name : {"plain_legacy.pth", "views_legacy.pth"}) {
    const Bytes whole = ReadGoldenWeights(name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(ParseTorchLegacy(ByteView(whole).first(size), name).ok()) << size;
    }
  }
}

TEST(TorchLegacyBoundsTest, SavedCodeAndForeignPicklesAreRefused) {
  EXPECT_STATUS(ParseTorchLegacy(ReadGoldenWeights("refused_command_legacy.pth"), "x"),
                StatusCode::kInvalidArgument, "system', which is code, not weights");
  EXPECT_STATUS(ParseTorchLegacy(ReadGoldenWeights("refused_pickle.pth"), "x"),
                StatusCode::kInvalidArgument, "is a pickle, but not of torch.save");
}

}  // namespace
}  // namespace consilium
