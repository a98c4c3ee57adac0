#include "common/nn/checkpoint.h"

#include "common/nn/autocast.h"

#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>
#include <torch/utils.h>

#include <optional>
#include <utility>

namespace consilium {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local bool recomputing = false;

/// For as long as it lives.
class SecondPass {
 public:
  SecondPass() : before_(std::exchange(recomputing, true)) {}
  ~SecondPass() { recomputing = before_; }
  SecondPass(const SecondPass&) = delete;
  SecondPass& operator=(const SecondPass&) = delete;

 private:
  bool before_;
};

/// What the second pass needs beside its input.
struct KeptPart : torch::CustomClassHolder {
  NetworkPart part;
  AutocastState autocast;
};

class CheckpointedPart : public torch::autograd::Function<CheckpointedPart> {
 public:
  /// `witness` requires a gradient, so that there is a backward pass where x needs none.
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& /*witness*/,
                               const c10::intrusive_ptr<KeptPart>& kept) {
    context->save_for_backward({x});
    context->saved_data["part"] = c10::IValue::make_capsule(kept);
    return kept->part(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto kept =
        c10::static_intrusive_pointer_cast<KeptPart>(context->saved_data["part"].toCapsule());
    const torch::Tensor saved = context->get_saved_variables()[0];
    const torch::Tensor x = saved.detach().requires_grad_(saved.requires_grad());
    torch::Tensor y;
    {
      const torch::AutoGradMode with_gradient(true);
      const SecondPass second;
      std::optional<AutocastGuard> shorter;
      if (kept->autocast.enabled) shorter.emplace(x.device().type(), kept->autocast.type);
      y = kept->part(x);
    }
    // A part whose every parameter is frozen has nothing to learn.
    if (y.requires_grad()) torch::autograd::backward({y}, {gradients[0]});
    return {x.grad(), {}, {}};
  }
};

c10::intrusive_ptr<KeptPart> Keep(NetworkPart part, c10::DeviceType device) {
  auto kept = c10::make_intrusive<KeptPart>();
  kept->part = std::move(part);
  kept->autocast = GetAutocast(device);
  return kept;
}

}  // namespace

torch::Tensor Checkpointed(NetworkPart part, const torch::Tensor& x) {
  if (!torch::GradMode::is_enabled()) return part(x);
  const torch::Tensor witness = torch::empty({0}, x.options().requires_grad(true));
  return CheckpointedPart::apply(x, witness, Keep(std::move(part), x.device().type()));
}

bool Recomputing() { return recomputing; }

}  // namespace consilium
