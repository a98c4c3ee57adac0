/// The state dict in a pickle of torch.save, as a TensorFile.
///
/// The dict of name -> tensor is the pickle itself or lies in it under one of the keys "state_dict",
/// "model", "resnet"; what lies beside such a key is left out. Tensors keep their order. Views become
/// contiguous; nn.Parameter is its tensor.
/// Bounds: kMaxExpansion times the size of the file and kSlack bytes for all tensors together, since
/// many may be views of one storage; names of kMaxName bytes; Layout's.
/// Errors: kInvalidArgument, one line without the file's name: an entry that is no tensor, an element
/// type that is not read, a tensor that reaches out of its storage, a storage of another size.
/// Threads: pure.
#pragma once

#include "common/tensor_file/pickle.h"
#include "common/tensor_file/safetensors.h"
#include "common/tensor_file/torch_storage.h"

namespace consilium {

struct TorchStateBounds {
  static constexpr std::uint64_t kMaxExpansion = 4;
  static constexpr std::uint64_t kSlack = std::uint64_t{1} << 20;
  static constexpr std::size_t kMaxName = 1000;
  static constexpr std::size_t kMaxDimensions = 64;
};

/// `storages` are those of `pickle`.
Result<TensorFile> ReadTorchState(const Pickle& pickle, const TorchStorages& storages,
                                  const TorchStorageBytes& bytes, std::uint64_t file_size);

}  // namespace consilium
