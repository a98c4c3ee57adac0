#include "common/nn/compute.h"
#include "common/nn/fill_rule.h"
#include "common/nn/published_weights.h"
#include "common/nn/reference_figures.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"
#include "simulations/cli/command.h"
#include "simulations/cli/model_options.h"

#include <iostream>

namespace consilium {
namespace {

constexpr std::string_view kInput = "input";
constexpr std::uint64_t kMaxInputFile = std::uint64_t{1} << 32;
constexpr std::int64_t kSmallestSide = 32;

/// The tensor `input` of a file, float32 [B, 3, H, W].
Result<torch::Tensor> ReadImages(const std::string& path) {
  const Result<Bytes> bytes = ReadFile(path, kMaxInputFile);
  if (!bytes.ok()) return InvalidArgument("input: " + bytes.status().message());
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile file, ParseSafetensors(*bytes, path));
  CONSILIUM_ASSIGN_OR_RETURN(
      const ParameterBlob blob,
      Subset(file.blob, [](const EntrySpec& entry) { return entry.name == kInput; }));
  if (blob.layout->entries().empty()) {
    return InvalidArgument(path + ": holds no tensor 'input'");
  }
  const EntrySpec& entry = blob.layout->entries().front();
  const std::vector<std::int64_t>& shape = entry.shape;
  if (entry.type != ElementType::kFloat32 || shape.size() != 4 || shape[0] < 1 || shape[1] != 3 ||
      shape[2] < kSmallestSide || shape[3] < kSmallestSide) {
    return InvalidArgument(path +
                           ": 'input' must be float32 [B, 3, H, W] with sides of 32 pixels "
                           "or more");
  }
  torch::nn::Module holder;
  const torch::Tensor images = holder.register_buffer(std::string(kInput), torch::empty(shape));
  CONSILIUM_RETURN_IF_ERROR(WriteState(holder, blob).WithContext(path));
  return images;
}

Status WriteFigures(const NamedTensors& figures, const std::string& path) {
  torch::nn::Module holder;
  for (const auto& [name, value] : figures) holder.register_buffer(name, value);
  const Status written = WriteFileAtomically(path, SerializeSafetensors({ReadState(holder), {}}));
  return written.ok() ? written : InvalidArgument("output: " + written.message());
}

class BackboneCommand : public Command {
 public:
  explicit BackboneCommand(CLI::App& app) {
    command_ = app.add_subcommand(
        "backbone", "Compute a backbone's outputs, for holding it against a reference");
    command_->add_option("name", name_, "One of `consilium-sim backbones`")->required();
    auto* weights =
        command_->add_option("--weights", weights_, "Published weights: .safetensors, .pth or .pt");
    weights->type_name("FILE");
    command_
        ->add_flag("--fill", fill_,
                   "Fill all parameters and buffers by the rule of common/nn/fill_rule.h")
        ->excludes(weights);
    command_
        ->add_option("--input", input_,
                     ".safetensors with the tensor 'input', float32 [B,3,H,W], normalised")
        ->type_name("FILE")
        ->required();
    command_
        ->add_option("--output", output_,
                     "'features' [B,F] and, where there is a classifier, 'logits' [B,1000]; "
                     ".safetensors")
        ->type_name("FILE")
        ->required();
    command_->add_flag("--train-step", train_step_,
                       "Also run one training step (dropout off, labels 3 and 5): 'train_logits', "
                       "'loss', 'grad_l2_total', 'running_mean_after', 'running_var_after'");
    command_->add_option("--threads", threads_, "Threads")->type_name("N")->capture_default_str();
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    if (weights_.empty() && !fill_) {
      return InvalidArgument("weights: none given, expected --weights FILE or --fill");
    }
    if (threads_ < 1) return InvalidArgument("threads: expected 1 or more");
    CONSILIUM_ASSIGN_OR_RETURN(const BackboneInfo* info, FindBackbone(name_));
    CONSILIUM_ASSIGN_OR_RETURN(const torch::Tensor images, ReadImages(input_));
    SetComputeThreads(threads_);
    ClassifierNet net(*info);
    CONSILIUM_ASSIGN_OR_RETURN(const bool has_classifier, Load(net, *info));
    if (train_step_ && !has_classifier) {
      return InvalidArgument("train-step: " + weights_ + " holds no classifier '" +
                             std::string(info->classifier) + "' of 1000 classes");
    }
    CONSILIUM_ASSIGN_OR_RETURN(NamedTensors figures,
                               EvaluationFigures(net, images, has_classifier));
    if (train_step_) {
      CONSILIUM_ASSIGN_OR_RETURN(NamedTensors training, TrainingFigures(net, images));
      figures.merge(training);
    }
    return WriteFigures(figures, output_);
  }

 private:
  /// Whether the classifier has weights too.
  Result<bool> Load(ClassifierNet& net, const BackboneInfo& info) const {
    if (!fill_) {
      const Result<LoadedWeights> loaded = LoadClassifierNet(net, info, weights_);
      if (!loaded.ok()) return InvalidArgument("weights: " + loaded.status().message());
      SayLeftOut(*loaded);
      return loaded->has_classifier;
    }
    FillByRule(*net, [&](const std::string& name) { return PublishedName(info, name); });
    return true;
  }

  std::string name_;
  std::string weights_;
  bool fill_ = false;
  std::string input_;
  std::string output_;
  bool train_step_ = false;
  int threads_ = 1;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddBackboneCommand(CLI::App& app) {
  return std::make_unique<BackboneCommand>(app);
}

}  // namespace consilium
