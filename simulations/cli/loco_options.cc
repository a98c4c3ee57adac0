#include "simulations/cli/loco_options.h"

#include "common/nn/backbone.h"
#include "common/nn/compute.h"
#include "simulations/protocols/preset.h"

#include <CLI/Error.hpp>

#include <algorithm>

namespace consilium {
namespace {

constexpr const char* kProtocolGroup = "Protocol";
constexpr const char* kCohortGroup = "Cohort";
constexpr const char* kStudyGroup = "Study";
constexpr const char* kStrategyGroup = "Strategy";
constexpr const char* kModelGroup = "Model and training";
constexpr const char* kMachineGroup = "Machine";
constexpr const char* kOutputGroup = "Output";

void AddCohortOptions(CLI::App& command, LocoOptions& options) {
  CohortRequest& cohort = options.cohort;
  command
      .add_option("--cohort", cohort.manifest,
                  "Manifest: CSV of pictures, patients, centers, labels")
      ->type_name("MANIFEST")
      ->group(kCohortGroup);
  command.add_flag("--synthetic", cohort.synthetic, "Generate a cohort instead")
      ->group(kCohortGroup);
  command
      .add_option("--scale", cohort.scale, "Size of the synthetic cohort; 1 is the official size")
      ->type_name("FACTOR")
      ->capture_default_str()
      ->group(kCohortGroup);
  command.add_option("--cohort-seed", cohort.seed, "Seed of the synthetic cohort")
      ->type_name("SEED")
      ->capture_default_str()
      ->group(kCohortGroup);
  command
      .add_option("--tensor-cache", cohort.tensor_cache, "Preprocessed cohort in one file instead")
      ->type_name("FILE")
      ->group(kCohortGroup);
}

void AddStudyOptions(CLI::App& command, LocoOptions& options) {
  RunPlan& plan = options.study.plan;
  command
      .add_option("--methods", options.methods,
                  "Compared: local, stl, transfer, mdmt-central, mdmt-averaged-init, "
                  "mdmt-harmonised, mdmt-federated; ablations: mdmt-no-sharing, mdmt-no-indicator")
      ->type_name("LIST")
      ->delimiter(',')
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_flag("--no-sharing", options.no_sharing,
                "Also mdmt-no-sharing: a network for each task, nothing shared")
      ->group(kStudyGroup);
  command
      .add_flag("--no-indicator", options.no_indicator,
                "Also mdmt-no-indicator: missing labels are zeros")
      ->group(kStudyGroup);
  command
      .add_option("--beta", options.study.beta,
                  "Share of the first task's backbone in the start of mdmt-averaged-init")
      ->type_name("SHARE")
      ->capture_default_str()
      ->group(kStudyGroup);
  command.add_option("--seed", options.study.seeds, "Seed of splits, weights, order; repeatable")
      ->type_name("SEED")
      ->delimiter(',')
      ->capture_default_str()
      ->group(kStudyGroup);
  command.add_option("--rounds", plan.rounds.rounds, "Rounds of federated training")
      ->type_name("N")
      ->capture_default_str()
      ->group(kStudyGroup);
  command.add_option("--local-epochs", plan.rounds.local_epochs, "Epochs of a site in each round")
      ->type_name("N")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--epochs", options.study.epochs,
                  "Epochs of the other methods; 0: rounds x local epochs")
      ->type_name("N")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--heads", options.heads, "Task heads stay on the sites (local) or are shared")
      ->type_name("MODE")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--weighting", options.weighting,
                  "How sites count: per-group (a head by its task's labels) or exact")
      ->type_name("MODE")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--normalisation", options.normalisation,
                  "Running statistics are shared or stay local")
      ->type_name("MODE")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--codec", plan.codec,
                  "What travels: fp32, bf16, int8 or top-1%, with +difference, with +zstd")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(kStudyGroup);
  command
      .add_option("--model-codec", plan.model_codec,
                  "How the model travels to the sites: fp32 or bf16")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(kStudyGroup);
}

/// --strategy, and each parameter of any strategy as an option of its own.
void AddStrategyOptions(CLI::App& command, RunPlan& plan) {
  std::string known;
  for (const StrategyInfo& strategy : Strategies()) {
    known.append(known.empty() ? "" : ", ").append(strategy.name);
  }
  command.add_option("--strategy", plan.strategy, "How updates are combined: " + known)
      ->type_name("NAME")
      ->capture_default_str()
      ->group(kStrategyGroup);
  for (const StrategyParameter& parameter : StrategyParameters()) {
    std::string option("--");
    option.append(parameter.key);
    std::ranges::replace(option, '_', '-');
    std::visit(
        [&](auto field) {
          command.add_option(option, plan.strategy_options.*field, std::string(parameter.meaning))
              ->type_name("NUMBER")
              ->capture_default_str()
              ->group(kStrategyGroup);
        },
        parameter.field);
  }
}

void AddTrainingOptions(CLI::App& command, LocoOptions& options) {
  RunPlan& plan = options.study.plan;
  TrainingOptions& training = plan.training;
  AddModelOptions(command, options.model);
  for (const char* name : {"--backbone", "--weights", "--brixia"}) {
    command.get_option(name)->group(kModelGroup);
  }
  command.add_option("--image-size", plan.image_size, "Pixels per side that the network sees")
      ->type_name("PIXELS")
      ->capture_default_str()
      ->group(kModelGroup);
  command.add_option("--batch-size", training.batch_size, "Images per step")
      ->type_name("N")
      ->capture_default_str()
      ->group(kModelGroup);
  command.add_option("--learning-rate", training.learning_rate, "Of Adam")
      ->type_name("RATE")
      ->capture_default_str()
      ->group(kModelGroup);
  command.add_option("--weight-decay", training.weight_decay, "Of Adam")
      ->type_name("RATE")
      ->capture_default_str()
      ->group(kModelGroup);
  command.add_option("--dropout", training.dropout, "Of the heads")
      ->type_name("PROBABILITY")
      ->capture_default_str()
      ->group(kModelGroup);
  command.add_flag("--no-augment", options.no_augment, "Train on the pictures as they are")
      ->group(kModelGroup);
  command
      .add_flag("--class-weights", training.class_weights,
                "Weigh classes by their inverse frequency")
      ->group(kModelGroup);
  command
      .add_option("--reduction", options.reduction,
                  "A task's loss is the mean over labelled images (labelled) or over all (batch)")
      ->type_name("MODE")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--warm-up", plan.schedule.warm_up, "First epochs or rounds that are never best")
      ->type_name("N")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--plateau-patience", plan.schedule.plateau_patience,
                  "Epochs or rounds without improvement before the learning rate falls")
      ->type_name("N")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--patience", plan.schedule.stop_patience,
                  "Epochs or rounds without improvement before training stops")
      ->type_name("N")
      ->capture_default_str()
      ->group(kModelGroup);
}

/// How much each task counts, in the methods that train several in one place.
void AddTaskWeightingOptions(CLI::App& command, LocoOptions& options) {
  TaskWeightingOptions& weighting = options.study.task_weighting;
  command
      .add_option("--task-weighting", options.task_weighting,
                  "How much each task's loss counts: fixed, uncertainty, gradnorm or dwa")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--gradnorm-alpha", weighting.gradnorm_alpha,
                  "How strongly gradnorm favours the task that learns slowly")
      ->type_name("NUMBER")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--gradnorm-rate", weighting.gradnorm_rate, "Learning rate of gradnorm's weights")
      ->type_name("RATE")
      ->capture_default_str()
      ->group(kModelGroup);
  command
      .add_option("--dwa-temperature", weighting.dwa_temperature,
                  "Of dwa; higher brings the tasks' weights closer together")
      ->type_name("NUMBER")
      ->capture_default_str()
      ->group(kModelGroup);
}

void AddMachineOptions(CLI::App& command, LocoOptions& options) {
  command
      .add_option("--device", options.device,
                  "cpu, cuda:N, or GPUs that share each batch: cuda:0,cuda:1")
      ->type_name("DEVICE")
      ->capture_default_str()
      ->group(kMachineGroup);
  command
      .add_option("--threads", options.study.compute.threads,
                  "Threads of each training; part of the result")
      ->type_name("N")
      ->capture_default_str()
      ->group(kMachineGroup);
  command
      .add_option("--precision", options.precision,
                  "Computes in fp32, bf16 or fp16; auto: in the fastest, found by trying")
      ->type_name("TYPE")
      ->capture_default_str()
      ->group(kMachineGroup);
  command
      .add_flag("--checkpoint-activations", options.study.compute.checkpoint_activations,
                "Compute most of each forward pass twice, for less memory")
      ->group(kMachineGroup);
  command
      .add_option("--jobs", options.jobs,
                  "Trainings, or sites of one, at a time; 0: as many as the cores allow")
      ->type_name("N")
      ->capture_default_str()
      ->group(kMachineGroup);
  command
      .add_option("--transport", options.transport,
                  "in-process, or grpc: real daemons over mutual TLS")
      ->type_name("KIND")
      ->capture_default_str()
      ->group(kMachineGroup);
}

void AddOutputOptions(CLI::App& command, LocoOptions& options) {
  command.add_option("--out", options.out, "New folder for the results")
      ->type_name("DIR")
      ->group(kOutputGroup);
  command.add_flag("--resume", options.resume, "Go on with the interrupted study in --out")
      ->group(kOutputGroup);
  command.add_flag("--keep-models", options.keep_models, "Keep every trained model in DIR/models")
      ->group(kOutputGroup);
  command.add_flag("--json", options.json, "Print summary.json instead of the table")
      ->group(kOutputGroup);
}

std::string Joined(const CLI::Option& option) {
  std::string text;
  for (const std::string& value : option.reduced_results()) {
    text.append(text.empty() ? "" : ",").append(value);
  }
  return text;
}

Status GiveOption(CLI::Option& option, const PresetValue& value) {
  try {
    option.add_result(value.value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    std::string text = "preset: ";
    return Internal(text.append(value.option).append(": ").append(error.what()));
  }
  return OkStatus();
}

void AddAblation(bool wanted, Method method, std::vector<Method>& methods) {
  if (wanted && std::ranges::find(methods, method) == methods.end()) methods.push_back(method);
}

}  // namespace

void AddProtocolOptions(CLI::App& command, LocoOptions& options) {
  command
      .add_option(
          "--protocol", options.protocol,
          "Who is tested: loco (each center in turn), loco6, loco18 (as the paper), cv (five "
          "folds) or holdout")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(kProtocolGroup);
  command
      .add_option("--folds", options.folds,
                  "Folder of the paper's published fold lists; without it folds are drawn")
      ->type_name("DIR")
      ->group(kProtocolGroup);
  command
      .add_option("--folds-mode", options.folds_mode,
                  "Faults of the lists are corrected, or kept (as-published)")
      ->type_name("MODE")
      ->capture_default_str()
      ->group(kProtocolGroup);
  command
      .add_option("--preset", options.preset,
                  "Values of the paper: paper or published-settings; any option given besides wins")
      ->type_name("NAME")
      ->group(kProtocolGroup);
}

Status ApplyPreset(CLI::App& command, LocoOptions& options) {
  if (options.preset.empty()) return OkStatus();
  CONSILIUM_ASSIGN_OR_RETURN(Preset preset, FindPreset(options.preset));
  PresetUse& use = options.study.preset;
  use.name = preset.name;
  use.without = std::move(preset.without);
  for (const PresetValue& value : preset.values) {
    CLI::Option& option = *command.get_option("--" + value.option);
    if (option.count() == 0) {
      CONSILIUM_RETURN_IF_ERROR(GiveOption(option, value));
    } else if (const std::string used = Joined(option); !SameValue(used, value.value)) {
      use.differences.push_back({value.option, value.value, used});
    }
  }
  return OkStatus();
}

void AddLocoOptions(CLI::App& command, LocoOptions& options) {
  // A study waits for every site, however slow the machine: its results must not depend on that.
  constexpr Millis kDay{24LL * 3600 * 1000};
  options.study.plan.run = RunId("loco");
  options.study.plan.rounds.deadline = kDay;
  options.study.plan.rounds.site_lease = kDay;
  // For a few hundred images on a laptop; the paper's settings are in configs/loco.yaml.
  options.study.plan.image_size = 128;
  options.study.plan.training.batch_size = 8;
  AddCohortOptions(command, options);
  AddStudyOptions(command, options);
  AddStrategyOptions(command, options.study.plan);
  AddTrainingOptions(command, options);
  AddTaskWeightingOptions(command, options);
  AddMachineOptions(command, options);
  AddOutputOptions(command, options);
}

Status Resolve(LocoOptions& options) {
  StudyOptions& study = options.study;
  RunPlan& plan = study.plan;
  CONSILIUM_ASSIGN_OR_RETURN(plan.tasks, TasksOf(options.model));
  CONSILIUM_RETURN_IF_ERROR(FindBackbone(options.model.backbone).status().WithContext("backbone"));
  plan.backbone = options.model.backbone;
  study.weights = options.model.weights;
  CONSILIUM_ASSIGN_OR_RETURN(study.protocol.kind, ParseProtocol(options.protocol));
  CONSILIUM_ASSIGN_OR_RETURN(study.protocol.mode, ParseListMode(options.folds_mode));
  study.protocol.lists = options.folds;
  study.methods.clear();
  for (const std::string& name : options.methods) {
    CONSILIUM_ASSIGN_OR_RETURN(const Method method, ParseMethod(name));
    study.methods.push_back(method);
  }
  AddAblation(options.no_sharing, Method::kMdmtNoSharing, study.methods);
  AddAblation(options.no_indicator, Method::kMdmtNoIndicator, study.methods);
  CONSILIUM_ASSIGN_OR_RETURN(study.task_weighting.kind, ParseTaskWeighting(options.task_weighting));
  CONSILIUM_ASSIGN_OR_RETURN(plan.heads, ParseHeadsMode(options.heads));
  CONSILIUM_ASSIGN_OR_RETURN(plan.weighting, ParseWeighting(options.weighting));
  CONSILIUM_ASSIGN_OR_RETURN(plan.normalisation, ParseNormalisationMode(options.normalisation));
  CONSILIUM_ASSIGN_OR_RETURN(plan.training.reduction, ParseReduction(options.reduction));
  CONSILIUM_ASSIGN_OR_RETURN(study.transport, ParseTransport(options.transport));
  CONSILIUM_RETURN_IF_ERROR(SetDevices(study.compute, options.device));
  CONSILIUM_ASSIGN_OR_RETURN(study.compute.precision, ParsePrecision(options.precision));
  CONSILIUM_RETURN_IF_ERROR(CheckPrecision(study.compute.precision, study.compute.device));
  plan.training.augment = !options.no_augment;
  const int cores = AvailableThreads();
  study.jobs =
      options.jobs > 0 ? options.jobs : std::max(1, cores / std::max(1, study.compute.threads));
  if (!(options.cohort.scale > 0 && options.cohort.scale <= 10)) {
    return InvalidArgument("scale: outside its range, expected above 0 and up to 10");
  }
  options.cohort.tasks = plan.tasks;
  options.cohort.image_size = plan.image_size;
  options.cohort.threads = cores;
  return ValidateStudy(study);
}

}  // namespace consilium
