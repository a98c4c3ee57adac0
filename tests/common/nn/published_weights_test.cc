#include "common/nn/published_weights.h"

#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/read_tensor_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_backbone.h"

#include <torch/nn/modules/linear.h>

#include <functional>

namespace consilium {
namespace {

using Rename = std::function<std::string(const std::string&)>;
using Names = std::vector<std::string>;

constexpr std::string_view kBackbone = "backbone.";

MultiTaskNet SeededNet(std::uint64_t seed) {
  MultiTaskNet net(std::make_shared<TinyBackbone>(), std::vector{PrognosisTask()}, 0.5);
  Initialise(net, seed);
  return net;
}

bool IsBackbone(const EntrySpec& entry) { return HeadOf(entry).empty(); }
bool IsHead(const EntrySpec& entry) { return !HeadOf(entry).empty(); }

/// The reference's name; one layer stands for the heads.
std::string Published(const std::string& name) {
  if (name.starts_with(kBackbone)) return name.substr(kBackbone.size());
  return name.ends_with("weight") ? "fc.weight" : "fc.bias";
}

std::string SaveRenamed(const TempFolder& folder, const ParameterBlob& source,
                        const Rename& rename) {
  const auto keep = [&](const EntrySpec& entry) { return !rename(entry.name).empty(); };
  ParameterBlob blob = Subset(source, keep).value();
  std::vector<EntrySpec> entries = blob.layout->entries();
  for (EntrySpec& entry : entries) entry.name = rename(entry.name);
  blob.layout = Layout::Make(entries).value();
  std::string path = folder.File("weights.safetensors");
  EXPECT_OK(WriteFileAtomically(path, SerializeSafetensors({blob, {}})));
  return path;
}

class LoadBackboneWeightsTest : public testing::Test {
 protected:
  /// Writes the entries of `source_`, renamed; an empty new name leaves the entry out.
  std::string Save(const Rename& rename) {
    return SaveRenamed(folder_, ReadState(*source_), rename);
  }
  Result<LoadedWeights> Load(const std::string& path, std::string_view classifier = "fc") {
    return LoadBackboneWeights(*net_, classifier, path);
  }

  void ExpectLoaded(const std::string& path, const Names& dropped,
                    std::string_view classifier = "fc") {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded, Load(path, classifier));
    EXPECT_EQ(loaded.dropped, dropped);
    EXPECT_EQ(ReadState(*net_, IsBackbone).bytes, ReadState(*source_, IsBackbone).bytes);
    EXPECT_EQ(ReadState(*net_, IsHead).bytes, ReadState(*SeededNet(1), IsHead).bytes);
  }
  void ExpectUnchanged() { EXPECT_EQ(ReadState(*net_).bytes, ReadState(*SeededNet(1)).bytes); }

  TempFolder folder_;
  MultiTaskNet net_ = SeededNet(1);
  MultiTaskNet source_ = SeededNet(2);
};

TEST_F(LoadBackboneWeightsTest, ReadsTheReferencesNamesAndLeavesOutTheClassifier) {
  ExpectLoaded(Save(Published), {"classifier fc (2 classes)"});
}

TEST_F(LoadBackboneWeightsTest, ReadsOurOwnFilesAndLeavesHeadsAlone) {
  ExpectLoaded(Save([](const std::string& name) { return name; }), {"heads (2 entries)"});
}

TEST_F(LoadBackboneWeightsTest, ReadsNamesThatAllCarryAPrefix) {
  for (const char* prefix : {"module.", "backbone.", "module.backbone.", "backbone.module."}) {
    net_ = SeededNet(1);
    ExpectLoaded(Save([&](const std::string& name) { return prefix + Published(name); }),
                 {"classifier fc (2 classes)"});
  }
}

TEST_F(LoadBackboneWeightsTest, HeadsMayStandOutsideOfThePrefix) {
  const std::string path = Save([](const std::string& name) {
    return "module." + (name.starts_with(kBackbone) ? name : Published(name));
  });
  ExpectLoaded(path, {"classifier fc (2 classes)"});
}

TEST_F(LoadBackboneWeightsTest, LeavesOutEveryKindOfHead) {
  const std::string path = Save([](const std::string& name) {
    if (name.starts_with(kBackbone)) return name.substr(kBackbone.size());
    return std::string(name.ends_with("weight") ? "aux1.fc1.weight" : "classifier.6.bias");
  });
  ExpectLoaded(path, {"aux1 (1 entries)", "classifier classifier.6 (2 classes)"}, "classifier.6");
}

TEST_F(LoadBackboneWeightsTest, AClassifierOfTheTableIsLeftOutWhateverItsName) {
  const std::string path = Save([](const std::string& name) {
    if (name.starts_with(kBackbone)) return name.substr(kBackbone.size());
    return "output." + Published(name);
  });
  EXPECT_STATUS(Load(path), StatusCode::kInvalidArgument, "surplus: backbone.output.fc.weight");
  ExpectLoaded(path, {"classifier output.fc (2 classes)"}, "output.fc");
}

TEST_F(LoadBackboneWeightsTest, CountersMayBeAbsent) {
  const std::string path = Save([](const std::string& name) {
    return name.ends_with("num_batches_tracked") ? std::string() : Published(name);
  });
  ExpectLoaded(path, {"classifier fc (2 classes)"});
}

TEST_F(LoadBackboneWeightsTest, MissingSurplusAndMisshapenNamesAreListedWithTheFile) {
  const std::string path = Save([](const std::string& name) {
    if (name == "backbone.bn.bias") return std::string("bn.beta");
    if (name == "backbone.conv.weight") return std::string("conv.bias");
    return name == "backbone.conv.bias" ? std::string("conv.weight") : Published(name);
  });
  EXPECT_STATUS(Load(path), StatusCode::kInvalidArgument,
                path +
                    ": missing: backbone.bn.bias; surplus: backbone.bn.beta; of another shape: "
                    "backbone.conv.weight (float32 [4], expected float32 [4,3,3,3])");
  ExpectUnchanged();
}

TEST_F(LoadBackboneWeightsTest, APrefixOnSomeNamesOnlyIsRefused) {
  const std::string path = Save([](const std::string& name) {
    return name == "backbone.conv.bias" ? std::string("bn.bias") : name;
  });
  EXPECT_STATUS(Load(path), StatusCode::kInvalidArgument,
                path + ": 6 of 7 names begin with 'backbone.', expected all or none");
  ExpectUnchanged();
}

TEST_F(LoadBackboneWeightsTest, AFileThatIsNoneOrHoldsNoWeightsIsNamed) {
  EXPECT_STATUS(Load(folder_.File("none")), StatusCode::kNotFound, folder_.File("none"));
  const std::string path = folder_.File("text");
  ASSERT_OK(WriteFileAtomically(path, AsBytes("no tensors here")));
  EXPECT_STATUS(Load(path), StatusCode::kInvalidArgument, path + ": holds no weights");
}

TEST_F(LoadBackboneWeightsTest, ReadsWhatATrainingInPythonSaved) {
  const std::string folder = std::string(CONSILIUM_GOLDEN_DIR) + "/weights/";
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile golden,
                                 ReadTensorFile(folder + "tiny_backbone.safetensors"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded,
                                 Load(folder + "tiny_backbone_legacy.pth"));
  EXPECT_EQ(loaded.dropped, Names{"classifier fc (14 classes)"});
  const auto of_backbone = [](const EntrySpec& entry) { return !entry.name.starts_with("fc."); };
  EXPECT_EQ(ReadState(*net_, IsBackbone).bytes, Subset(golden.blob, of_backbone)->bytes);
}

std::shared_ptr<Backbone> MakeTiny() { return std::make_shared<TinyBackbone>(); }

class LoadClassifierNetTest : public testing::Test {
 protected:
  static BackboneInfo Info() {
    return {.name = "tiny", .feature_width = 4, .classifier = "fc", .make = MakeTiny};
  }
  static ClassifierNet MakeNet(std::int64_t classes, double value) {
    ClassifierNet net(Info(), classes);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : net->parameters()) parameter.fill_(value);
    return net;
  }
  std::string Save(const ClassifierNet& net) {
    return SaveRenamed(folder_, ReadState(*net),
                       [](const std::string& name) { return PublishedName(Info(), name); });
  }
  static std::vector<float> Biases(const ClassifierNet& net) {
    const torch::Tensor biases =
        torch::cat({net->named_parameters()["backbone.conv.bias"].slice(0, 0, 1),
                    net->named_parameters()["classifier.bias"].slice(0, 0, 1)});
    return {biases[0].item<float>(), biases[1].item<float>()};
  }

  TempFolder folder_;
  ClassifierNet net_ = MakeNet(5, 1.0);
};

TEST_F(LoadClassifierNetTest, TakesTheClassifierToo) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded,
                                 LoadClassifierNet(net_, Info(), Save(MakeNet(5, 2.0))));
  EXPECT_TRUE(loaded.has_classifier);
  EXPECT_EQ(loaded.dropped, Names());
  EXPECT_EQ(Biases(net_), (std::vector<float>{2, 2}));
}

TEST_F(LoadClassifierNetTest, LeavesOutAClassifierOfAnotherWidth) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded,
                                 LoadClassifierNet(net_, Info(), Save(MakeNet(14, 2.0))));
  EXPECT_FALSE(loaded.has_classifier);
  EXPECT_EQ(loaded.dropped, Names{"classifier fc (14 classes)"});
  EXPECT_EQ(Biases(net_), (std::vector<float>{2, 1}));
}

TEST_F(LoadClassifierNetTest, TakesAFileWithoutAClassifier) {
  const std::string path = SaveRenamed(
      folder_, ReadState(*MakeNet(5, 2.0)),
      [](const std::string& name) { return name.starts_with(kBackbone) ? name : std::string(); });
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded, LoadClassifierNet(net_, Info(), path));
  EXPECT_FALSE(loaded.has_classifier);
  EXPECT_EQ(Biases(net_), (std::vector<float>{2, 1}));
}

TEST_F(LoadClassifierNetTest, HalfAClassifierIsRefused) {
  const std::string path =
      SaveRenamed(folder_, ReadState(*MakeNet(5, 2.0)), [](const std::string& name) {
        return name == "classifier.bias" ? std::string() : PublishedName(Info(), name);
      });
  EXPECT_STATUS(LoadClassifierNet(net_, Info(), path), StatusCode::kInvalidArgument,
                "missing: classifier.bias");
}

/// As VGG: the layers before the classifier are called after it.
class HiddenLayerBackbone : public TinyBackbone {
 public:
  HiddenLayerBackbone() {
    const auto layers = register_module("classifier", std::make_shared<torch::nn::Module>());
    layers->register_module("0", torch::nn::Linear(4, 4));
  }
};

std::shared_ptr<Backbone> MakeHiddenLayer() { return std::make_shared<HiddenLayerBackbone>(); }

TEST(LoadHiddenLayersTest, AreTheBackbonesAlthoughTheyAreNamedAfterTheClassifier) {
  const BackboneInfo info{
      .name = "tiny", .feature_width = 4, .classifier = "classifier.6", .make = MakeHiddenLayer};
  const ClassifierNet source(info, 3);
  const TempFolder folder;
  const std::string path = SaveRenamed(folder, ReadState(*source), [&](const std::string& name) {
    return PublishedName(info, name);
  });
  ClassifierNet net(info, 5);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded, LoadClassifierNet(net, info, path));
  EXPECT_EQ(loaded.dropped, Names{"classifier classifier.6 (3 classes)"});
  const auto of_backbone = [](const EntrySpec& entry) { return entry.name.starts_with(kBackbone); };
  EXPECT_EQ(ReadState(*net, of_backbone).bytes, ReadState(*source, of_backbone).bytes);
}

TEST(LoadDenseNetTest, UnderstandsTheNamesOfItsOlderFiles) {
  const BackboneInfo& info = **FindBackbone("densenet121");
  ClassifierNet source(info);
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : source->parameters()) parameter.fill_(0.5);
  }
  const TempFolder folder;
  const std::string path = SaveRenamed(folder, ReadState(*source), [&](const std::string& name) {
    std::string published = PublishedName(info, name);
    for (const char* layer : {".norm1.", ".norm2.", ".conv1.", ".conv2."}) {
      const std::size_t at = published.find(layer);
      if (at != std::string::npos) published.insert(at + 5, ".");
    }
    return published;
  });
  ClassifierNet net(info);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const LoadedWeights loaded, LoadClassifierNet(net, info, path));
  EXPECT_TRUE(loaded.has_classifier);
  EXPECT_EQ(ReadState(*net).bytes, ReadState(*source).bytes);
}

}  // namespace
}  // namespace consilium
