/// What LibTorch computes with: device, threads, instruction set.
#pragma once

#include "common/base/result.h"

#include <c10/core/Device.h>

#include <string>
#include <string_view>

namespace consilium {

/// "cpu" or "cuda:N". Errors: kInvalidArgument: another text, or no such GPU here.
/// Threads: any.
Result<c10::Device> ParseDevice(std::string_view text);

/// Until a GPU has done what was asked of it; the CPU always has. Errors: c10::Error. Threads: any.
void WaitForDevice(c10::Device device);

/// LibTorch's thread count for the calling thread, so every thread that computes calls this first;
/// OpenBLAS's, where it is the BLAS, for the whole process. Results depend on the count.
/// Requires threads >= 1. Threads: any.
void SetComputeThreads(int threads);

/// How many threads the machine gives this process: its affinity mask, at least 1. Threads: any.
int AvailableThreads();

/// Lets the process keep the memory that tensors free, for the next ones, and asks for huge pages:
/// without it glibc maps and unmaps every large tensor and the kernel clears its pages anew at each
/// step (a fifth of the time of a small step). Memory that is never written costs nothing.
/// Call first in main of a program that trains. Threads: before any other starts.
void KeepFreedMemory();

/// "LibTorch 1.13.0, AVX512": for --version and reports. Threads: any.
std::string BuildDescription();

}  // namespace consilium
