#include "common/nn/torch_script.h"

#include "common/nn/state.h"
#include "common/nn/torch_guard.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/script.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {
namespace {

constexpr const char* kClassName = "__torch__.consilium.Net";

using Tasks = std::vector<TaskId>;

/// Whether the module of this name is a head that is not asked for.
bool IsOtherHead(const std::string& name, const Tasks& tasks) {
  constexpr std::string_view kHeads = "heads.";
  return name.starts_with(kHeads) && name.find('.', kHeads.size()) == std::string::npos &&
         std::ranges::count(tasks, TaskId(name.substr(kHeads.size()))) == 0;
}

/// A scripted module with the tensors of `module`, not copies: the tracer knows them again.
torch::jit::Module Mirror(const torch::nn::Module& module, const std::string& prefix,
                          const Tasks& tasks,
                          const std::shared_ptr<torch::jit::CompilationUnit>& unit) {
  torch::jit::Module mirror(c10::QualifiedName(kClassName), unit, /*shouldMangle=*/true);
  mirror.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& entry : module.named_parameters(/*recurse=*/false)) {
    mirror.register_parameter(entry.key(), entry.value(), /*is_buffer=*/false);
  }
  for (const auto& entry : module.named_buffers(/*recurse=*/false)) {
    mirror.register_buffer(entry.key(), entry.value());
  }
  for (const auto& child : module.named_children()) {
    const std::string name = prefix + child.key();
    if (IsOtherHead(name, tasks)) continue;
    mirror.register_module(child.key(), Mirror(*child.value(), name + ".", tasks, unit));
  }
  return mirror;
}

c10::Dict<std::string, torch::Tensor> ScoresOf(MultiTaskNet& net, const Tasks& tasks,
                                               const torch::Tensor& images) {
  const torch::Tensor features = net->backbone().forward(images);
  c10::Dict<std::string, torch::Tensor> scores;
  for (std::size_t j = 0; j < net->tasks().size(); ++j) {
    const TaskId& task = net->tasks()[j].id;
    if (std::ranges::count(tasks, task) > 0) scores.insert(task.str(), net->Score(j, features));
  }
  return scores;
}

void AddForward(torch::jit::Module& script, MultiTaskNet& net, const Tasks& tasks, int image_size) {
  const torch::Tensor example = torch::zeros({2, 3, image_size, image_size});
  const auto traced = torch::jit::tracer::trace(
      {example},
      [&net, &tasks](const torch::jit::Stack& inputs) {
        return torch::jit::Stack{ScoresOf(net, tasks, inputs.at(0).toTensor())};
      },
      [](const torch::Tensor&) { return std::string(); },
      // Strict tracing refuses a dictionary because its keys could change; the tasks do not.
      /*strict=*/false, /*force_outplace=*/false, &script, {"images"});
  auto* forward = script._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*script.type()->name(), "forward"), traced.first->graph);
  script.type()->addMethod(forward);
}

Bytes ToBytes(const char* data, std::size_t size) {
  Bytes bytes(size);
  std::memcpy(bytes.data(), data, size);
  return bytes;
}

}  // namespace

Result<Bytes> SerializeTorchScript(MultiTaskNet& net, const Tasks& tasks, int image_size,
                                   const std::map<std::string, std::string>& extra) {
  return GuardTorch("writing TorchScript", [&] {
    const torch::NoGradGuard no_grad;
    net->eval();
    torch::jit::Module script =
        Mirror(*net, "", tasks, std::make_shared<torch::jit::CompilationUnit>());
    AddForward(script, net, tasks, image_size);
    std::ostringstream out;
    script.save(out, torch::jit::ExtraFilesMap(extra.begin(), extra.end()));
    const std::string text = std::move(out).str();
    return ToBytes(text.data(), text.size());
  });
}

Result<Bytes> SerializePth(const ParameterBlob& state) {
  return GuardTorch("writing a state", [&] {
    c10::Dict<std::string, torch::Tensor> entries;
    const std::vector<torch::Tensor> tensors = TensorsOf(state);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      entries.insert(state.layout->entries()[i].name, tensors[i]);
    }
    const std::vector<char> file = torch::jit::pickle_save(entries);
    return ToBytes(file.data(), file.size());
  });
}

}  // namespace consilium
