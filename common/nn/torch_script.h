/// A trained network as TorchScript, for serving without this program.
///
///   model = torch.jit.load("model.pt")
///   scores = model(images)["prognosis"]
///
/// The written module takes images [B, 3, S, S], float32, normalised, and gives a dictionary of raw
/// scores [B, K_j] by task id, in evaluation mode. It holds the network's tensors under their names.
/// B is free; S is that of the tracing for networks that pad by the size of their input
/// (efficientnet_b1_pruned), free for the others. `extra` files lie beside the code in the archive
/// (torch.jit.load's _extra_files).
/// Why a trace: LibTorch's modules in C++ cannot be scripted. The trace is taken in evaluation mode;
/// the network is left in it. Threads: the network's.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/nn/multi_task_net.h"

#include <map>
#include <string>
#include <vector>

namespace consilium {

/// The file's bytes, with the heads of `tasks` alone. Requires tasks of the network.
/// Errors: those of LibTorch.
Result<Bytes> SerializeTorchScript(MultiTaskNet& net, const std::vector<TaskId>& tasks,
                                   int image_size, const std::map<std::string, std::string>& extra);

/// A state as torch.load() reads it: a dictionary of tensors. Errors: those of LibTorch.
Result<Bytes> SerializePth(const ParameterBlob& state);

}  // namespace consilium
