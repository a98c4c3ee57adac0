/// Keeps float16 gradients from vanishing: the loss is multiplied by a scale, the gradients are
/// divided by it, and a step whose gradients overflowed is skipped.
///
/// The scale begins at 65536, halves after an overflow and doubles after 2000 steps without one.
/// Threads: plain value. Source: Micikevicius et al. 2018 (arXiv 1710.03740); torch.cuda.amp.
#pragma once

namespace consilium {

class LossScaler {
 public:
  static constexpr int kGrowthInterval = 2000;

  LossScaler() = default;
  /// As it was after earlier steps.
  LossScaler(double scale, int steps_without_overflow)
      : scale_(scale), steps_without_overflow_(steps_without_overflow) {}

  double scale() const { return scale_; }
  int steps_without_overflow() const { return steps_without_overflow_; }

  /// Call after each backward pass.
  void Observe(bool gradients_finite) {
    if (!gradients_finite) {
      scale_ /= 2;
      steps_without_overflow_ = 0;
    } else if (++steps_without_overflow_ == kGrowthInterval) {
      scale_ *= 2;
      steps_without_overflow_ = 0;
    }
  }

 private:
  double scale_ = 65536;
  int steps_without_overflow_ = 0;
};

}  // namespace consilium
