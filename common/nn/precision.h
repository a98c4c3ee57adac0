/// In which type a network computes while it trains.
///
/// kFp32   parameters, activations and gradients in float32: equal seeds and thread counts give
///         equal bits.
/// kBf16   convolutions, matrix products and the activations between them in bfloat16; parameters,
///         the optimiser's moments, statistics and losses stay float32.
/// kFp16   the same in float16, with a loss scale against underflow; on GPUs alone.
/// kAuto   whichever of them is fastest here; resolved once per run (training/precision_choice.h).
/// Threads: pure.
#pragma once

#include "common/base/result.h"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string_view>

namespace consilium {

enum class Precision : std::uint8_t { kAuto, kFp32, kBf16, kFp16 };

std::string_view ToString(Precision precision);
Result<Precision> ParsePrecision(std::string_view text);

/// The type of convolutions. Requires another precision than kAuto.
c10::ScalarType ShortType(Precision precision);

/// Errors: kInvalidArgument where `device` cannot compute in it (float16 on a processor).
Status CheckPrecision(Precision precision, c10::Device device);

}  // namespace consilium
