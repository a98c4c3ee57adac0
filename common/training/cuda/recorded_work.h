/// Work on a GPU that is recorded once and then repeated by one launch (a CUDA graph): a small
/// network on a fast GPU spends its time on asking for kernels one by one.
///
///   recorder->WarmUp(work);                  // runs it: libraries choose and allocate
///   auto recorded = recorder->Record(work);  // computes nothing
///   recorded->Replay();                      // computes all of it
///
/// Work     asks one device for operators, always the same ones with equal shapes, waits for no
///          result, and draws nothing at random. What it reads must stay where it is. What it made
///          when it was recorded holds the values of the latest Replay.
/// Memory   what one recorder records shares memory: replay in the order of recording.
/// Threads  one for all calls; replays go into its current stream. While something is recorded no
///          other thread of the process may use the device.
/// Errors   c10::Error: callers are under GuardTorch.
/// Source   torch.cuda.make_graphed_callables; CUDA's programming guide, "CUDA Graphs".
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace consilium {

class RecordedWork {
 public:
  RecordedWork() = default;
  virtual ~RecordedWork() = default;
  RecordedWork(const RecordedWork&) = delete;
  RecordedWork& operator=(const RecordedWork&) = delete;

  virtual void Replay() = 0;
};

class WorkRecorder {
 public:
  using Work = std::function<void()>;

  WorkRecorder() = default;
  virtual ~WorkRecorder() = default;
  WorkRecorder(const WorkRecorder&) = delete;
  WorkRecorder& operator=(const WorkRecorder&) = delete;

  virtual void WarmUp(const Work& work) = 0;
  /// May run `work` or keep it for Replay; it must stay valid as long as what is returned.
  virtual std::unique_ptr<RecordedWork> Record(const Work& work) = 0;
};

/// Null where the device records nothing: the CPU, and any in a build whose LibTorch lacks CUDA.
std::unique_ptr<WorkRecorder> MakeWorkRecorder(c10::Device device);

}  // namespace consilium
