#include "common/data/tensor_cache.h"

#include "common/base/bytes.h"
#include "common/storage/file_io.h"
#include "common/storage/mapped_file.h"

#include <torch/types.h>

#include <cstring>
#include <limits>

namespace consilium {
namespace {

constexpr std::string_view kMagic = "CONSILTC";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kAlignment = 64;  // of the images, so that a mapped file is used as it lies
constexpr std::size_t kMaxText = 65'536;
constexpr std::uint32_t kMaxList = 256;
constexpr std::uint32_t kMaxTasks = 64;
constexpr std::uint32_t kMaxImageSize = 4096;
constexpr std::uint64_t kMaxImages = 10'000'000;

void PutInts(ByteWriter& out, const std::vector<int>& values) {
  out.Put(static_cast<std::uint32_t>(values.size()));
  for (const int value : values) out.Put(static_cast<std::int32_t>(value));
}

void PutTask(ByteWriter& out, const TaskSpec& task) {
  out.PutText(task.id.str());
  out.Put(static_cast<std::uint8_t>(task.kind));
  out.Put(static_cast<std::uint32_t>(task.classes.size()));
  for (const std::string& name : task.classes) out.PutText(name);
  out.Put(static_cast<std::int32_t>(task.zones));
  out.Put(static_cast<std::int32_t>(task.levels));
  PutInts(out, task.flip);
  out.Put(static_cast<std::uint32_t>(task.groups.size()));
  for (const ZoneGroup& group : task.groups) {
    out.PutText(group.name);
    PutInts(out, group.zones);
    PutInts(out, group.thresholds);
  }
  out.Put(task.weight);
}

void PutSample(ByteWriter& out, const Sample& sample) {
  out.PutText(sample.image);
  out.PutText(sample.patient);
  out.PutText(sample.center);
  for (const std::vector<int>& label : sample.labels) {
    out.Put(static_cast<std::uint8_t>(label.empty() ? 0 : 1));
    for (const int value : label) out.Put(static_cast<std::uint8_t>(value));
  }
}

Result<std::uint32_t> ReadCount(ByteReader& in, std::uint32_t limit, std::string_view what) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto count, in.Read<std::uint32_t>());
  if (count > limit) {
    return DataLoss(std::to_string(count) + " " + std::string(what) + ", expected at most " +
                    std::to_string(limit));
  }
  return count;
}

Result<std::vector<int>> ReadInts(ByteReader& in) {
  CONSILIUM_ASSIGN_OR_RETURN(const auto count, ReadCount(in, kMaxList, "numbers"));
  std::vector<int> values;
  for (std::uint32_t i = 0; i < count; ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto value, in.Read<std::int32_t>());
    values.push_back(value);
  }
  return values;
}

Result<TaskSpec> ReadTask(ByteReader& in) {
  TaskSpec task;
  CONSILIUM_ASSIGN_OR_RETURN(std::string id, in.ReadText(kMaxText));
  task.id = TaskId(std::move(id));
  CONSILIUM_ASSIGN_OR_RETURN(const auto kind, in.Read<std::uint8_t>());
  if (kind > static_cast<std::uint8_t>(TaskKind::kZoneGroups)) {
    return DataLoss("unknown kind of task " + std::to_string(kind));
  }
  task.kind = static_cast<TaskKind>(kind);
  CONSILIUM_ASSIGN_OR_RETURN(const auto classes, ReadCount(in, kMaxList, "classes"));
  for (std::uint32_t i = 0; i < classes; ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(std::string name, in.ReadText(kMaxText));
    task.classes.push_back(std::move(name));
  }
  CONSILIUM_ASSIGN_OR_RETURN(task.zones, in.Read<std::int32_t>());
  CONSILIUM_ASSIGN_OR_RETURN(task.levels, in.Read<std::int32_t>());
  CONSILIUM_ASSIGN_OR_RETURN(task.flip, ReadInts(in));
  CONSILIUM_ASSIGN_OR_RETURN(const auto groups, ReadCount(in, kMaxList, "groups"));
  for (std::uint32_t i = 0; i < groups; ++i) {
    ZoneGroup group;
    CONSILIUM_ASSIGN_OR_RETURN(group.name, in.ReadText(kMaxText));
    CONSILIUM_ASSIGN_OR_RETURN(group.zones, ReadInts(in));
    CONSILIUM_ASSIGN_OR_RETURN(group.thresholds, ReadInts(in));
    task.groups.push_back(std::move(group));
  }
  CONSILIUM_ASSIGN_OR_RETURN(task.weight, in.Read<double>());
  CONSILIUM_RETURN_IF_ERROR(ValidateTask(task));
  return task;
}

Result<std::vector<int>> ReadLabel(ByteReader& in, const TaskSpec& task) {
  std::vector<int> label;
  CONSILIUM_ASSIGN_OR_RETURN(const auto present, in.Read<std::uint8_t>());
  if (present == 0) return label;
  const int levels =
      task.kind == TaskKind::kClasses ? static_cast<int>(task.classes.size()) : task.levels;
  for (int i = 0; i < LabelWidth(task); ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto value, in.Read<std::uint8_t>());
    if (value >= levels) {
      return DataLoss("label " + std::to_string(value) + " of task '" + task.id.str() +
                      "', expected below " + std::to_string(levels));
    }
    label.push_back(value);
  }
  return label;
}

Result<Sample> ReadSample(ByteReader& in, const std::vector<TaskSpec>& tasks) {
  Sample sample;
  CONSILIUM_ASSIGN_OR_RETURN(sample.image, in.ReadText(kMaxText));
  CONSILIUM_ASSIGN_OR_RETURN(sample.patient, in.ReadText(kMaxText));
  CONSILIUM_ASSIGN_OR_RETURN(sample.center, in.ReadText(kMaxText));
  for (const TaskSpec& task : tasks) {
    CONSILIUM_ASSIGN_OR_RETURN(std::vector<int> label, ReadLabel(in, task));
    sample.labels.push_back(std::move(label));
  }
  return sample;
}

std::size_t PaddingAfter(std::size_t size) { return (kAlignment - size % kAlignment) % kAlignment; }

Result<Dataset> ParseTensorCache(const std::shared_ptr<MappedFile>& file) {
  ByteReader in(file->bytes());
  CONSILIUM_ASSIGN_OR_RETURN(const ByteView magic, in.ReadBytes(kMagic.size()));
  if (AsText(magic) != kMagic) return DataLoss("is not a tensor cache");
  CONSILIUM_ASSIGN_OR_RETURN(const auto version, in.Read<std::uint32_t>());
  if (version != kVersion) {
    return DataLoss("has version " + std::to_string(version) + ", expected " +
                    std::to_string(kVersion));
  }
  CONSILIUM_ASSIGN_OR_RETURN(const auto size, ReadCount(in, kMaxImageSize, "pixels a side"));
  CONSILIUM_ASSIGN_OR_RETURN(const auto count, in.Read<std::uint64_t>());
  if (count > kMaxImages || size == 0) return DataLoss("has an impossible number of pixels");
  Dataset dataset;
  CONSILIUM_ASSIGN_OR_RETURN(const auto tasks, ReadCount(in, kMaxTasks, "tasks"));
  for (std::uint32_t i = 0; i < tasks; ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(TaskSpec task, ReadTask(in));
    dataset.tasks.push_back(std::move(task));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    CONSILIUM_ASSIGN_OR_RETURN(Sample sample, ReadSample(in, dataset.tasks));
    dataset.samples.push_back(std::move(sample));
  }
  CONSILIUM_RETURN_IF_ERROR(
      in.ReadBytes(PaddingAfter(file->bytes().size() - in.remaining())).status());
  const std::uint64_t expected = count * size * size * sizeof(float);
  if (in.remaining() != expected) {
    return DataLoss("holds " + std::to_string(in.remaining()) + " bytes of images, expected " +
                    std::to_string(expected));
  }
  CONSILIUM_ASSIGN_OR_RETURN(const ByteView pixels, in.ReadBytes(in.remaining()));
  const auto side = static_cast<std::int64_t>(size);
  // The mapping is private: the tensor may be written to without touching the file.
  dataset.images = torch::from_blob(
      const_cast<std::byte*>(pixels.data()),  // NOLINT
      {static_cast<std::int64_t>(count), side, side}, [file](void*) {}, torch::kFloat32);
  return dataset;
}

}  // namespace

Status WriteTensorCache(const std::string& path, const Dataset& dataset, const Indices& indices) {
  ByteWriter out;
  out.PutBytes(AsBytes(kMagic));
  out.Put(kVersion);
  const std::int64_t side = dataset.images.size(1);
  out.Put(static_cast<std::uint32_t>(side));
  out.Put(static_cast<std::uint64_t>(indices.size()));
  out.Put(static_cast<std::uint32_t>(dataset.tasks.size()));
  for (const TaskSpec& task : dataset.tasks) PutTask(out, task);
  for (const std::int64_t index : indices) PutSample(out, dataset.samples[index]);
  out.PutBytes(Bytes(PaddingAfter(out.bytes().size())));
  const auto pixels = static_cast<std::size_t>(side * side);
  const auto* images = dataset.images.data_ptr<float>();
  for (const std::int64_t index : indices) {
    out.PutBytes(std::as_bytes(std::span(images + index * side * side, pixels)));
  }
  return WriteFileAtomically(path, out.bytes());
}

Result<Dataset> ReadTensorCache(const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::shared_ptr<MappedFile> file, MappedFile::Open(path));
  Result<Dataset> dataset = ParseTensorCache(file);
  if (!dataset.ok()) return InvalidArgument(path + ": " + dataset.status().message());
  return dataset;
}

}  // namespace consilium
