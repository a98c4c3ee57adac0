/// The most memory that this process has held in RAM, as Linux counts it. Threads: any.
#pragma once

namespace consilium {

/// Starts the count anew from what is held now. False where the kernel does not let it: the peak is
/// then that of the whole process.
bool ResetPeakMemory();
/// MiB.
double PeakMemoryMib();

}  // namespace consilium
