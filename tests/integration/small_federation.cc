#include "tests/integration/small_federation.h"

#include "common/base/random_stream.h"
#include "common/config/run_config.h"
#include "common/data/tensor_cache.h"
#include "common/imaging/picture_writer.h"
#include "common/nn/multi_task_net.h"
#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"

#include <torch/types.h>

#include <cstdio>
#include <filesystem>
#include <numeric>
#include <stdexcept>

namespace consilium {
namespace {

constexpr int kImageSize = 32;
constexpr int kImages = 24;

std::string Program(const std::string& name) {
  return std::string(CONSILIUM_PROGRAM_DIR) + "/" + name;
}

RunPlan SmallPlan(int rounds, Millis lease, HeadsMode heads) {
  RunPlan plan;
  plan.run = RunId("small");
  plan.tasks = {PrognosisTask(), *BrixiaTask("zones")};
  plan.backbone = "mobilenet_v2";
  plan.image_size = kImageSize;
  plan.validation_fraction = 0.25;
  plan.training.batch_size = 8;
  plan.heads = heads;
  plan.rounds.rounds = rounds;
  plan.rounds.expected_sites = 2;
  plan.rounds.deadline = Millis(60'000);
  plan.rounds.site_lease = lease;
  return plan;
}

/// Random pictures and labels; every second image has no score.
Dataset RandomImages(const RunPlan& plan, const std::string& site) {
  RandomStream random(StreamSeed(7, {"images", site}));
  Dataset data;
  data.tasks = plan.tasks;
  data.images = torch::empty({kImages, kImageSize, kImageSize});
  float* pixels = data.images.data_ptr<float>();
  for (std::int64_t i = 0; i < data.images.numel(); ++i) {
    pixels[i] = static_cast<float>(random.Uniform());
  }
  for (int i = 0; i < kImages; ++i) {
    Sample sample;
    sample.image = "image" + std::to_string(i) + ".png";
    sample.patient = site + std::to_string(i);
    sample.center = site;
    sample.labels = {{i % 2}, {}};
    if (i % 4 < 2) {
      for (int zone = 0; zone < 6; ++zone) {
        sample.labels[1].push_back(static_cast<int>(random.Below(4)));
      }
    }
    data.samples.push_back(sample);
  }
  return data;
}

void Require(const Status& status) {
  if (status.ok()) return;
  throw std::runtime_error(status.message());
}

}  // namespace

SmallFederation::SmallFederation(int rounds, Millis lease, HeadsMode heads, int local_epochs) {
  RunPlan plan = SmallPlan(rounds, lease, heads);
  plan.rounds.local_epochs = local_epochs;
  WriteInputs(plan);
}

void SmallFederation::WriteInputs(const RunPlan& plan) {
  Require(WriteFileAtomically(File("run.yaml"), AsBytes(FormatRunPlan(plan))));
  auto net = MakeNet(plan);
  Require(net.status());
  const TensorFile initial{ReadState(**net), {}};
  Require(WriteFileAtomically(File("init.safetensors"), SerializeSafetensors(initial)));
  Indices all(kImages);
  std::iota(all.begin(), all.end(), 0);
  for (const char* site : {"A", "B"}) {
    Require(WriteTensorCache(File(std::string(site) + ".cache"), RandomImages(plan, site), all));
  }
  Process make_ca({Program("consilium-aggregator"), "make-ca", "--out", File("ca"), "--sites",
                   "A,B", "--operators", "carol"},
                  File("make-ca"));
  if (make_ca.Wait(kPatience) != 0) throw std::runtime_error("make-ca: " + make_ca.Errors());
}

std::string SmallFederation::GiveCohort(const std::string& site) {
  const Result<Dataset> data = ReadTensorCache(File(site + ".cache"));
  Require(data.status());
  std::string folder = File(site + ".images");
  std::filesystem::create_directories(folder);
  std::string manifest = "image,patient_id,center,prognosis,brixia\n";
  for (std::size_t i = 0; i < data->samples.size(); ++i) {
    const Sample& sample = data->samples[i];
    std::vector<std::uint16_t> pixels(std::size_t{kImageSize} * kImageSize);
    const torch::Tensor image = data->images[static_cast<std::int64_t>(i)].contiguous();
    const float* const values = image.data_ptr<float>();
    for (std::size_t p = 0; p < pixels.size(); ++p) {
      pixels[p] = static_cast<std::uint16_t>(values[p] * 65535);
    }
    Require(WritePng(folder + "/" + sample.image, pixels, kImageSize, kImageSize));
    std::string scores;
    for (const int score : sample.labels[1]) scores += std::to_string(score);
    const std::string prognosis = sample.labels[0][0] == 0 ? "mild" : "severe";
    for (const std::string& field : {sample.image, sample.patient, site, prognosis}) {
      manifest.append(field).append(",");
    }
    manifest.append(scores).append("\n");
  }
  Require(WriteFileAtomically(folder + "/manifest.csv", AsBytes(manifest)));
  with_cohort_.insert(site);
  return folder;
}

std::string SmallFederation::MakeAnotherCa() {
  Process make_ca(
      {Program("consilium-aggregator"), "make-ca", "--out", File("other"), "--sites", "A,B"},
      File("make-other"));
  if (make_ca.Wait(kPatience) != 0) throw std::runtime_error("make-ca: " + make_ca.Errors());
  return File("other");
}

Process SmallFederation::StartAggregator(const std::string& name, bool with_run,
                                         int max_active_runs) {
  const std::string port_file = File(name + ".port");
  std::remove(port_file.c_str());
  std::vector<std::string> arguments = {Program("consilium-aggregator"),
                                        "serve",
                                        "--state",
                                        File(name + ".state"),
                                        "--listen",
                                        "127.0.0.1:" + std::to_string(port_),
                                        "--ca",
                                        Certificate("ca.crt"),
                                        "--cert",
                                        Certificate("aggregator.crt"),
                                        "--key",
                                        Certificate("aggregator.key"),
                                        "--port-file",
                                        port_file};
  if (with_run) {
    const std::vector<std::string> run = {"--run",
                                          File("run.yaml"),
                                          "--model",
                                          File("init.safetensors"),
                                          "--result",
                                          File(name + ".safetensors"),
                                          "--exit-when-finished"};
    arguments.insert(arguments.end(), run.begin(), run.end());
  } else {
    arguments.insert(arguments.end(), {"--max-active-runs", std::to_string(max_active_runs)});
  }
  Process process(std::move(arguments), File("aggregator" + std::to_string(started_++)));
  const bool open = Eventually(
      [&] { return !FileText(port_file).empty() || process.Wait(Millis(0)).has_value(); },
      kPatience);
  if (!open || FileText(port_file).empty()) {
    throw std::runtime_error("the aggregator did not start: " + process.Errors());
  }
  port_ = std::stoi(FileText(port_file));
  return process;
}

Process SmallFederation::StartSite(const std::string& site, const std::string& state,
                                   const std::string& certificates, int retry_seconds,
                                   int through_port) {
  return SiteProcess(site, state, certificates.empty() ? File("ca") : certificates,
                     through_port > 0 ? through_port : port_,
                     {"--retry-for", std::to_string(retry_seconds), "--exit-when-finished"});
}

Process SmallFederation::StartWaitingSite(const std::string& site, const std::string& state,
                                          int max_runs) {
  return SiteProcess(site, state, File("ca"), port_, {"--max-runs", std::to_string(max_runs)});
}

std::string SmallFederation::WritePlan(const std::string& run,
                                       const std::function<void(RunPlan&)>& change) {
  Result<RunPlan> plan = ReadRunPlan(File("run.yaml"));
  Require(plan.status());
  plan->run = RunId(run);
  change(*plan);
  std::string file = File(run + ".yaml");
  Require(WriteFileAtomically(file, AsBytes(FormatRunPlan(*plan))));
  return file;
}

Process SmallFederation::SiteProcess(const std::string& site, const std::string& state,
                                     const std::string& certificates, int port,
                                     const std::vector<std::string>& more) {
  const bool cohort = with_cohort_.contains(site);
  std::vector<std::string> arguments = {
      Program("consilium-site"),
      "--aggregator",
      "127.0.0.1:" + std::to_string(port),
      "--ca",
      Certificate("ca.crt"),
      "--cert",
      certificates + "/" + site + ".crt",
      "--key",
      certificates + "/" + site + ".key",
      "--state",
      File(state),
      cohort ? "--cohort" : "--tensor-cache",
      cohort ? File(site + ".images/manifest.csv") : File(site + ".cache"),
      "--threads",
      "1",
      "--precision",
      "fp32"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Process(std::move(arguments), File("site" + site + std::to_string(started_++)));
}

std::string SmallFederation::ResultDigest(const std::string& name) const {
  const std::string text = FileText(File(name + ".safetensors"));
  const auto file = ParseSafetensors(AsBytes(text), name);
  return file.ok() ? file->metadata.at("model_sha256") : "";
}

std::string SmallFederation::RunUndisturbed(const std::string& name) {
  port_ = 0;
  Process aggregator = StartAggregator(name);
  Process a = StartSite("A", name + ".A");
  Process b = StartSite("B", name + ".B");
  if (aggregator.Wait(kPatience) != 0)
    return "aggregator: " + aggregator.Errors() + aggregator.Output() + a.Errors() + b.Errors();
  if (a.Wait(kPatience) != 0) return "site A: " + a.Errors();
  if (b.Wait(kPatience) != 0) return "site B: " + b.Errors();
  return ResultDigest(name);
}

}  // namespace consilium
