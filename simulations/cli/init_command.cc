#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/model_metadata.h"
#include "common/tensor_file/safetensors.h"
#include "simulations/cli/command.h"
#include "simulations/cli/digest.h"
#include "simulations/cli/model_options.h"
#include "simulations/cli/yaml_files.h"
#include "simulations/methods/first_net.h"

#include <iostream>

namespace consilium {
namespace {

class InitCommand : public Command {
 public:
  explicit InitCommand(CLI::App& app) {
    command_ = app.add_subcommand("init", "Make the first model of a run, and print its SHA-256");
    AddModelOptions(*command_, model_);
    command_->add_option("--tasks", model_.tasks, "prognosis, brixia")
        ->type_name("LIST")
        ->delimiter(',')
        ->capture_default_str();
    command_->add_option("--seed", seed_, "Seed of the weights")
        ->type_name("SEED")
        ->capture_default_str();
    command_
        ->add_option("--run", run_, "Plan of the run: backbone, tasks and seed are taken from it")
        ->type_name("FILE")
        ->excludes("--backbone", "--brixia", "--tasks", "--seed");
    command_->add_option("--out", out_, "The model, .safetensors")->type_name("FILE");
  }

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    if (out_.empty()) return InvalidArgument("out: no file given, expected --out FILE");
    CONSILIUM_ASSIGN_OR_RETURN(const RunPlan plan, Plan());
    LoadedWeights loaded;
    CONSILIUM_ASSIGN_OR_RETURN(const MultiTaskNet net,
                               FirstNet({MakeNet, model_.weights}, plan, &loaded));
    SayLeftOut(loaded);
    TensorFile file;
    file.blob = ReadState(*net);
    ModelMetadata metadata = MetadataOf(plan);
    metadata.input = net->input();
    metadata.model_sha256 = Digest(BuiltInDigest(), file.blob.bytes);
    file.metadata = FormatModelMetadata(metadata);
    file.metadata["seed"] = std::to_string(plan.seed);
    const Status written = WriteFileAtomically(out_, SerializeSafetensors(file));
    if (!written.ok()) return InvalidArgument("out: " + written.message());
    std::cout << metadata.model_sha256 << "  " << out_ << "\n";
    return OkStatus();
  }

 private:
  Result<RunPlan> Plan() const {
    if (!run_.empty()) return ReadPlanFile(run_);
    RunPlan plan;
    plan.run = RunId("init");
    plan.backbone = model_.backbone;
    plan.seed = seed_;
    CONSILIUM_ASSIGN_OR_RETURN(plan.tasks, TasksOf(model_));
    CONSILIUM_RETURN_IF_ERROR(ValidatePlan(plan));
    return plan;
  }

  ModelOptions model_;
  std::uint64_t seed_ = 1;
  std::string run_;
  std::string out_;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddInitCommand(CLI::App& app) {
  return std::make_unique<InitCommand>(app);
}

}  // namespace consilium
