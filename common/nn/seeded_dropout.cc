#include "common/nn/seeded_dropout.h"

#include "common/base/check.h"
#include "common/nn/initial_values.h"

namespace consilium {

SeededDropout::SeededDropout(double probability)
    : probability_(probability), generator_(MakeGenerator(0)) {
  CONSILIUM_CHECK(probability >= 0 && probability < 1);
}

void SeededDropout::Seed(std::uint64_t seed) { generator_.set_current_seed(seed); }

torch::Tensor SeededDropout::operator()(const torch::Tensor& x, bool training) const {
  if (!training || probability_ == 0) return x;
  const double kept = 1 - probability_;
  torch::Tensor mask = torch::empty(x.sizes(), torch::kFloat32).bernoulli_(kept, generator_);
  return x * mask.div_(kept).to(x.options());
}

}  // namespace consilium
