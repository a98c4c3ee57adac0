#include "common/nn/entry_names.h"
#include "common/nn/state.h"
#include "common/nn/state_mismatch.h"
#include "common/nn/torch_script.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/model_metadata.h"
#include "common/tensor_file/safetensors.h"
#include "simulations/cli/command.h"

#include <iostream>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxModelFile = std::uint64_t{8} << 30;

/// A model file and what it says of itself.
struct Model {
  TensorFile file;
  ModelMetadata metadata;
};

Result<Model> ReadModel(const std::string& path) {
  Model model;
  const Result<Bytes> bytes = ReadFile(path, kMaxModelFile);
  if (!bytes.ok()) return InvalidArgument("model: " + bytes.status().message());
  CONSILIUM_ASSIGN_OR_RETURN(model.file, ParseSafetensors(*bytes, path));
  Result<ModelMetadata> metadata = ParseModelMetadata(model.file.metadata);
  if (!metadata.ok()) return metadata.status().WithContext(path);
  model.metadata = std::move(*metadata);
  return model;
}

bool Has(const ParameterBlob& state, const std::string& name) {
  return state.layout != nullptr && state.layout->Find(name) >= 0;
}

/// The backbone alone, with the reference's names.
Result<ParameterBlob> TrunkOf(const ParameterBlob& state) {
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob trunk, Subset(state, [](const EntrySpec& entry) {
                               return entry.name.starts_with(kBackbonePrefix);
                             }));
  std::vector<EntrySpec> entries = trunk.layout->entries();
  for (EntrySpec& entry : entries) entry.name.erase(0, kBackbonePrefix.size());
  CONSILIUM_ASSIGN_OR_RETURN(trunk.layout, Layout::Make(std::move(entries)));
  return trunk;
}

class ExportCommand : public Command {
 public:
  explicit ExportCommand(CLI::App& app) {
    command_ = app.add_subcommand("export", "Write a model for use without this program");
    command_->add_option("--model", model_, "The model, .safetensors")
        ->type_name("FILE")
        ->required();
    command_
        ->add_option("--local-state", local_state_,
                     "Heads that stayed on a site: what its --local-state-out wrote")
        ->type_name("FILE");
    command_
        ->add_option("--format", format_,
                     "torchscript: network and heads, for torch.jit.load; pth, safetensors: the "
                     "backbone's weights under the names of torchvision or timm")
        ->type_name("FORMAT")
        ->capture_default_str();
    command_->add_option("--out", out_, "The file to be written")->type_name("FILE")->required();
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    CONSILIUM_ASSIGN_OR_RETURN(const Model model, ReadModel(model_));
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes bytes, Format(model));
    const Status written = WriteFileAtomically(out_, bytes);
    return written.ok() ? written : InvalidArgument("out: " + written.message());
  }

 private:
  Result<Bytes> Format(const Model& model) const {
    if (format_ == "torchscript") return TorchScriptOf(model);
    if (format_ != "pth" && format_ != "safetensors") {
      return InvalidArgument("format: '" + format_ +
                             "' is unknown, expected torchscript, pth or safetensors");
    }
    Result<ParameterBlob> trunk = TrunkOf(model.file.blob);
    if (!trunk.ok()) return trunk.status().WithContext(model_);
    if (format_ == "pth") return SerializePth(*trunk);
    return SerializeSafetensors({std::move(*trunk), model.file.metadata});
  }

  Result<Bytes> TorchScriptOf(const Model& model) const {
    const ModelMetadata& metadata = model.metadata;
    RunPlan plan;
    plan.run = RunId("export");
    plan.backbone = metadata.backbone;
    plan.tasks = metadata.tasks;
    plan.image_size = metadata.image_size;
    CONSILIUM_RETURN_IF_ERROR(ValidatePlan(plan).WithContext(model_ + ": metadata"));
    CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, MakeNet(plan));
    ParameterBlob local;
    if (!local_state_.empty()) {
      CONSILIUM_ASSIGN_OR_RETURN(local, ReadLocalState(metadata));
      CONSILIUM_RETURN_IF_ERROR(WriteState(*net, local).WithContext(local_state_));
    }
    CONSILIUM_RETURN_IF_ERROR(WriteState(*net, model.file.blob).WithContext(model_));
    CONSILIUM_ASSIGN_OR_RETURN(const std::vector<TaskId> tasks,
                               CompleteTasks(*net, model.file.blob, local));
    return SerializeTorchScript(net, tasks, plan.image_size, model.file.metadata);
  }

  /// Tasks whose heads are in one of the files. Errors: there is none, or the backbone is not whole.
  Result<std::vector<TaskId>> CompleteTasks(const MultiTaskNetImpl& net, const ParameterBlob& model,
                                            const ParameterBlob& local) const {
    StateMismatch missing;
    std::set<TaskId> incomplete;
    const std::shared_ptr<const Layout> whole = LayoutOf(net);
    for (const EntrySpec& entry : whole->entries()) {
      if (Has(model, entry.name) || Has(local, entry.name)) continue;
      const TaskId head = HeadOf(entry);
      if (head.empty()) {
        missing.AddMissing(entry.name);
      } else {
        incomplete.insert(head);
      }
    }
    CONSILIUM_RETURN_IF_ERROR(missing.ToStatus().WithContext(model_));
    std::vector<TaskId> tasks;
    for (const TaskSpec& task : net.tasks()) {
      if (!incomplete.contains(task.id)) {
        tasks.push_back(task.id);
      } else {
        std::cerr << "consilium-sim: task " << task.id.str() << " left out: no head in the files\n";
      }
    }
    if (!tasks.empty()) return tasks;
    return InvalidArgument(model_ +
                           ": holds no head; they stayed on the sites: expected "
                           "--local-state FILE, written by a site's --local-state-out");
  }

  Result<ParameterBlob> ReadLocalState(const ModelMetadata& shared) const {
    CONSILIUM_ASSIGN_OR_RETURN(Model local, ReadModel(local_state_));
    if (local.metadata.parent_sha256 != shared.model_sha256) {
      return InvalidArgument(local_state_ + ": belongs to the model with SHA-256 " +
                             local.metadata.parent_sha256 + ", expected that of " + model_ + ", " +
                             shared.model_sha256);
    }
    return std::move(local.file.blob);
  }

  std::string model_;
  std::string local_state_;
  std::string format_ = "torchscript";
  std::string out_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddExportCommand(CLI::App& app) {
  return std::make_unique<ExportCommand>(app);
}

}  // namespace consilium
