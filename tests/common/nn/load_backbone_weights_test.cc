#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_backbone.h"

#include <functional>

namespace consilium {
namespace {

using Rename = std::function<std::string(const std::string&)>;

MultiTaskNet TinyNet(std::uint64_t seed) {
  MultiTaskNet net(std::make_shared<TinyBackbone>(), std::vector{PrognosisTask()}, 0.5);
  Initialise(net, seed);
  return net;
}

bool IsBackbone(const EntrySpec& entry) { return HeadOf(entry).empty(); }
bool IsHead(const EntrySpec& entry) { return !HeadOf(entry).empty(); }

class LoadBackboneWeightsTest : public testing::Test {
 protected:
  /// Writes the entries of `source`, renamed; an empty new name leaves the entry out.
  std::string Save(const ParameterBlob& source, const Rename& rename) {
    const auto keep = [&](const EntrySpec& entry) { return !rename(entry.name).empty(); };
    ParameterBlob blob = Subset(source, keep).value();
    std::vector<EntrySpec> entries = blob.layout->entries();
    for (EntrySpec& entry : entries) entry.name = rename(entry.name);
    blob.layout = Layout::Make(entries).value();
    const std::string path = folder_.File("weights.safetensors");
    EXPECT_OK(WriteFileAtomically(path, SerializeSafetensors({blob, {}})));
    return path;
  }

  void ExpectLoadedFromSource() {
    EXPECT_EQ(ReadState(*net_, IsBackbone).bytes, ReadState(*source_, IsBackbone).bytes);
    EXPECT_EQ(ReadState(*net_, IsHead).bytes, ReadState(*TinyNet(1), IsHead).bytes);
  }

  TempFolder folder_;
  MultiTaskNet net_ = TinyNet(1);
  MultiTaskNet source_ = TinyNet(2);
};

TEST_F(LoadBackboneWeightsTest, ReadsTorchvisionsNamesAndDropsTheClassifier) {
  const std::string path = Save(ReadState(*source_), [](const std::string& name) {
    if (name.starts_with("backbone.")) return name.substr(9);
    return name.ends_with("weight") ? std::string("fc.weight") : std::string("classifier.1.bias");
  });
  ASSERT_OK(LoadBackboneWeights(*net_, path));
  ExpectLoadedFromSource();
}

TEST_F(LoadBackboneWeightsTest, ReadsOurOwnFilesAndLeavesHeadsAlone) {
  const std::string path = Save(ReadState(*source_), [](const std::string& name) { return name; });
  ASSERT_OK(LoadBackboneWeights(*net_, path));
  ExpectLoadedFromSource();
}

TEST_F(LoadBackboneWeightsTest, CountersMayBeAbsent) {
  const std::string path = Save(ReadState(*source_), [](const std::string& name) {
    return name.ends_with("num_batches_tracked") ? std::string() : name;
  });
  ASSERT_OK(LoadBackboneWeights(*net_, path));
  ExpectLoadedFromSource();
}

TEST_F(LoadBackboneWeightsTest, MissingAndSurplusNamesAreListedWithTheFile) {
  const std::string path = Save(ReadState(*source_), [](const std::string& name) {
    return name == "backbone.bn.bias" ? std::string("backbone.bn.beta") : name;
  });
  const Status status = LoadBackboneWeights(*net_, path);
  EXPECT_STATUS(status, StatusCode::kInvalidArgument,
                path + ": missing: backbone.bn.bias; surplus: backbone.bn.beta");
  EXPECT_EQ(ReadState(*net_).bytes, ReadState(*TinyNet(1)).bytes);
}

TEST_F(LoadBackboneWeightsTest, ANameWithAndWithoutPrefixIsRefused) {
  const std::string path = Save(ReadState(*source_), [](const std::string& name) {
    return name == "backbone.conv.bias" ? std::string("bn.bias") : name;
  });
  EXPECT_STATUS(LoadBackboneWeights(*net_, path), StatusCode::kInvalidArgument,
                "'backbone.bn.bias' appears twice");
}

TEST_F(LoadBackboneWeightsTest, AFileThatIsNoneOrNoSafetensorsIsNamed) {
  EXPECT_STATUS(LoadBackboneWeights(*net_, folder_.File("none")), StatusCode::kNotFound,
                folder_.File("none"));
  const std::string path = folder_.File("text");
  ASSERT_OK(WriteFileAtomically(path, AsBytes("no tensors here")));
  EXPECT_STATUS(LoadBackboneWeights(*net_, path), StatusCode::kInvalidArgument,
                path + ": its header");
}

}  // namespace
}  // namespace consilium
