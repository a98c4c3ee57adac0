#include "common/training/cuda/recorded_work.h"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <exception>

namespace consilium {
namespace {

class CudaGraph final : public RecordedWork {
 public:
  void Replay() override { graph_.replay(); }
  at::cuda::CUDAGraph& graph() { return graph_; }

 private:
  at::cuda::CUDAGraph graph_;
};

/// From its construction to End(), or until the work between them fails.
class Recording {
 public:
  Recording(at::cuda::CUDAGraph& graph, at::cuda::MempoolId_t pool) : graph_(graph) {
    graph_.capture_begin(pool);
  }
  ~Recording() {
    if (ended_) return;
    try {
      graph_.capture_end();
    } catch (const std::exception&) {  // the failure of the work is on its way already
    }
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void End() {
    ended_ = true;
    graph_.capture_end();
  }

 private:
  at::cuda::CUDAGraph& graph_;
  bool ended_ = false;
};

class CudaGraphRecorder final : public WorkRecorder {
 public:
  explicit CudaGraphRecorder(c10::DeviceIndex device)
      : stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        pool_(at::cuda::graph_pool_handle()) {}

  void WarmUp(const Work& work) override { InOwnStream(work); }

  std::unique_ptr<RecordedWork> Record(const Work& work) override {
    auto recorded = std::make_unique<CudaGraph>();
    InOwnStream([&] {
      Recording recording(recorded->graph(), pool_);
      work();
      recording.End();
    });
    return recorded;
  }

 private:
  /// The default stream cannot be recorded. What it was asked for before is done before `work`, and
  /// `work` before what it is asked for next.
  void InOwnStream(const Work& work) {
    const c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream(stream_.device_index());
    at::cuda::CUDAEvent ready;
    ready.record(before);
    ready.block(stream_);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      work();
    }
    at::cuda::CUDAEvent done;
    done.record(stream_);
    done.block(before);
  }

  c10::cuda::CUDAStream stream_;
  at::cuda::MempoolId_t pool_;
};

}  // namespace

std::unique_ptr<WorkRecorder> MakeWorkRecorder(c10::Device device) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<CudaGraphRecorder>(device.index());
}

}  // namespace consilium
