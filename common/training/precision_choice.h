/// Chooses the precision of a run by a short measurement, once per machine and network.
///
/// A shorter type is tried where the processor multiplies bfloat16 (AMX or AVX-512) and on every
/// GPU, with two training steps on random images after one for warming up, and chosen if a step
/// takes at most 0.9 of float32's time. Elsewhere it is float32 without a measurement.
/// Threads: the calling thread computes, with the threads set for it.
#pragma once

#include "common/base/result.h"
#include "common/federation/run_plan.h"
#include "common/training/compute_options.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct PrecisionChoice {
  Precision precision = Precision::kFp32;
  std::string reason;  ///< for a person: "as asked for", "2.1 times as fast as fp32, measured"
};

/// Seconds of one training step, or why there are none.
using StepMeasurement = std::function<Result<double>(Precision precision)>;

/// The cheapest of `tried` besides kFp32, where it is worth it; a type that fails is none.
/// Errors: those of measuring kFp32.
Result<PrecisionChoice> ChooseFastest(const std::vector<Precision>& tried,
                                      const StepMeasurement& measure);

/// Whether a processor has instructions for bfloat16 products, by the text of Linux's
/// /proc/cpuinfo.
bool MultipliesBfloat16(std::string_view cpuinfo);

/// The precision to train `plan` with, for compute.precision, which may be kAuto.
/// `cache_file` remembers what was measured (JSON: one entry per processor, LibTorch, network,
/// image size and threads); empty: nothing is remembered. One that cannot be read or written is
/// as good as none.
/// Errors: kInvalidArgument: unknown backbone, a precision that the device has not.
Result<PrecisionChoice> ResolvePrecision(const RunPlan& plan, const ComputeOptions& compute,
                                         const std::string& cache_file);

/// $XDG_CACHE_HOME/consilium/precision.json, or below $HOME/.cache; empty where neither is set.
std::string DefaultPrecisionCache();

}  // namespace consilium
