#include "simulations/benchmark/operation_count.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace consilium {
namespace {

/// An operation each of whose outputs takes as many multiply-adds as a row of one of its arguments
/// has elements: a filter of a convolution, a row of a linear layer's weight, of a left factor.
struct Operation {
  std::string_view name;
  std::size_t argument;
};
constexpr std::array<Operation, 7> kOperations{{{"aten::convolution", 1},
                                                {"aten::_convolution", 1},
                                                {"aten::mkldnn_convolution", 1},
                                                {"aten::cudnn_convolution", 1},
                                                {"aten::linear", 1},
                                                {"aten::addmm", 1},
                                                {"aten::mm", 0}}};

struct Tally {
  double multiply_adds = 0;
  int depth = 0;  // operations call each other; the outermost counts
};
/// Observers are plain functions, so this is how they find it.
thread_local Tally* current_tally = nullptr;

struct Running : at::ObserverContext {
  double per_output = 0;
};

std::unique_ptr<at::ObserverContext> Begin(const at::RecordFunction& call) {
  const auto* const found = std::ranges::find(kOperations, call.name(), &Operation::name);
  if (found == kOperations.end() || current_tally == nullptr) return nullptr;
  auto running = std::make_unique<Running>();
  if (++current_tally->depth == 1) {
    const at::Tensor& rows = call.inputs()[found->argument].toTensor();
    running->per_output = static_cast<double>(rows.numel()) / static_cast<double>(rows.size(0));
  }
  return running;
}

void End(const at::RecordFunction& call, at::ObserverContext* context) {
  const auto* running = dynamic_cast<const Running*>(context);
  if (running == nullptr) return;
  --current_tally->depth;
  if (running->per_output == 0 || call.outputs().empty()) return;
  current_tally->multiply_adds +=
      running->per_output * static_cast<double>(call.outputs()[0].toTensor().numel());
}

class Observation {
 public:
  explicit Observation(Tally& tally)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(Begin, End)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    current_tally = &tally;
  }
  ~Observation() {
    at::removeCallback(handle_);
    current_tally = nullptr;
  }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

double CountMultiplyAdds(const std::function<void()>& body) {
  Tally tally;
  const Observation observation(tally);
  body();
  return tally.multiply_adds;
}

}  // namespace consilium
