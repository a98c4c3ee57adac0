#include "common/nn/state.h"

#include "common/nn/multi_task_net.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_backbone.h"

#include <torch/utils.h>

#include <cstring>

namespace consilium {
namespace {

MultiTaskNet TinyNet(std::uint64_t seed) {
  MultiTaskNet net(std::make_shared<TinyBackbone>(), std::vector{PrognosisTask()}, 0.5);
  Initialise(net, seed);
  return net;
}

ParameterBlob BlobOf(std::vector<EntrySpec> entries) {
  ParameterBlob blob{Layout::Make(std::move(entries)).value(), {}};
  blob.bytes.resize(blob.layout->byte_size());
  return blob;
}

TEST(StateTest, LayoutFollowsRegistrationWithBuffersBesideTheirParameters) {
  const std::vector<EntrySpec> expected{
      {"backbone.conv.weight", ElementType::kFloat32, {4, 3, 3, 3}},
      {"backbone.conv.bias", ElementType::kFloat32, {4}},
      {"backbone.bn.weight", ElementType::kFloat32, {4}},
      {"backbone.bn.bias", ElementType::kFloat32, {4}},
      {"backbone.bn.running_mean", ElementType::kFloat32, {4}},
      {"backbone.bn.running_var", ElementType::kFloat32, {4}},
      {"backbone.bn.num_batches_tracked", ElementType::kInt64, {}},
      {"heads.prognosis.1.weight", ElementType::kFloat32, {2, 4}},
      {"heads.prognosis.1.bias", ElementType::kFloat32, {2}}};
  EXPECT_EQ(LayoutOf(*TinyNet(1))->entries(), expected);
}

TEST(StateTest, BytesAreRowMajorWhateverTheMemoryFormat) {
  const MultiTaskNet net = TinyNet(1);
  const Bytes rows = ReadState(*net).bytes;
  const torch::Tensor weight = net->named_parameters()["backbone.conv.weight"];
  weight.set_data(weight.detach().contiguous(at::MemoryFormat::ChannelsLast));
  ASSERT_FALSE(weight.is_contiguous());
  EXPECT_EQ(ReadState(*net).bytes, rows);
  EXPECT_EQ(std::memcmp(rows.data(), weight.detach().contiguous().data_ptr(),
                        std::size_t{4} * 3 * 3 * 3 * sizeof(float)),
            0);
}

TEST(StateTest, AStateRoundTripsIntoAnotherNet) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    MultiTaskNet source = TinyNet(1);
    source->to(type);
    source->forward(torch::rand({4, 3, 8, 8}, type));  // moves statistics and counter
    const ParameterBlob state = ReadState(*source);
    MultiTaskNet target = TinyNet(2);
    target->to(type);
    EXPECT_NE(ReadState(*target).bytes, state.bytes);
    ASSERT_OK(WriteState(*target, state));
    EXPECT_EQ(ReadState(*target).bytes, state.bytes);
  }
}

TEST(StateTest, AStateOwnsItsBytes) {
  MultiTaskNet net = TinyNet(1);
  const ParameterBlob state = ReadState(*net);
  const Bytes before = state.bytes;
  Initialise(net, 2);
  EXPECT_EQ(state.bytes, before);
}

TEST(StateTest, WritesInPlaceSoThatOptimisersKeepTheirTensors) {
  MultiTaskNet net = TinyNet(1);
  const torch::Tensor weight = net->named_parameters()["backbone.conv.weight"];
  const void* place = weight.data_ptr();
  ASSERT_OK(WriteState(*net, ReadState(*TinyNet(2))));
  EXPECT_EQ(net->named_parameters()["backbone.conv.weight"].data_ptr(), place);
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_TRUE(weight.equal(TinyNet(2)->named_parameters()["backbone.conv.weight"]));
}

TEST(StateTest, EntriesThatTheBlobLacksStay) {
  const auto heads = [](const EntrySpec& entry) { return !HeadOf(entry).empty(); };
  const auto backbone = [](const EntrySpec& entry) { return HeadOf(entry).empty(); };
  MultiTaskNet net = TinyNet(1);
  ASSERT_OK(WriteState(*net, ReadState(*TinyNet(2), heads)));
  EXPECT_EQ(ReadState(*net, heads).bytes, ReadState(*TinyNet(2), heads).bytes);
  EXPECT_EQ(ReadState(*net, backbone).bytes, ReadState(*TinyNet(1), backbone).bytes);
}

TEST(StateTest, EveryEntryThatDoesNotFitIsNamedAndNothingIsWritten) {
  MultiTaskNet net = TinyNet(1);
  const Bytes before = ReadState(*net).bytes;
  const Status status =
      WriteState(*net, BlobOf({{"backbone.conv.bias", ElementType::kFloat32, {4}},
                               {"backbone.bn.weight", ElementType::kFloat32, {2, 2}},
                               {"backbone.bn.num_batches_tracked", ElementType::kFloat64, {}},
                               {"backbone.fc.weight", ElementType::kFloat32, {1}},
                               {"heads.brixia.1.bias", ElementType::kFloat32, {6}}}));
  EXPECT_STATUS(status, StatusCode::kInvalidArgument,
                "surplus: backbone.fc.weight, heads.brixia.1.bias");
  EXPECT_STATUS(status, StatusCode::kInvalidArgument,
                "backbone.bn.weight (float32 [2,2], expected float32 [4])");
  EXPECT_STATUS(status, StatusCode::kInvalidArgument,
                "backbone.bn.num_batches_tracked (float64 [], expected int64 [])");
  EXPECT_EQ(ReadState(*net).bytes, before);
}

TEST(StateTest, ALongListOfMisfitsIsCut) {
  MultiTaskNet net = TinyNet(1);
  std::vector<EntrySpec> entries;
  entries.reserve(25);
  for (int i = 0; i < 25; ++i) entries.push_back({"x" + std::to_string(i), {}, {}});
  for (EntrySpec& entry : entries) entry.type = ElementType::kFloat32;
  EXPECT_STATUS(WriteState(*net, BlobOf(entries)), StatusCode::kInvalidArgument,
                "x8, x9 and 15 more");
}

TEST(StateTest, ABlobShorterThanItsLayoutIsRefused) {
  MultiTaskNet net = TinyNet(1);
  ParameterBlob state = ReadState(*net);
  state.bytes.pop_back();
  EXPECT_STATUS(WriteState(*net, state), StatusCode::kInvalidArgument, "its layout has");
}

}  // namespace
}  // namespace consilium
