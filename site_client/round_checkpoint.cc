#include "site_client/round_checkpoint.h"

#include "common/storage/file_io.h"
#include "common/storage/posix_file.h"
#include "common/tensor_file/safetensors.h"

#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxCheckpointBytes = std::uint64_t{1} << 36;
constexpr std::string_view kPrefix = "round-";
constexpr std::string_view kEnding = ".checkpoint";
constexpr std::string_view kNetPart = "net.";
constexpr std::string_view kTrainerPart = "trainer.";
constexpr std::size_t kDigestDigits = 16;

bool IsCheckpoint(const std::string& name) {
  return name.starts_with(kPrefix) && name.ends_with(kEnding);
}

/// The entries of both under prefixes of their own.
Result<ParameterBlob> Together(const ParameterBlob& net, const ParameterBlob& trainer) {
  std::vector<EntrySpec> entries;
  entries.reserve(net.layout->entries().size() + trainer.layout->entries().size());
  for (const EntrySpec& entry : net.layout->entries()) {
    entries.push_back({std::string(kNetPart) + entry.name, entry.type, entry.shape});
  }
  for (const EntrySpec& entry : trainer.layout->entries()) {
    entries.push_back({std::string(kTrainerPart) + entry.name, entry.type, entry.shape});
  }
  ParameterBlob both;
  CONSILIUM_ASSIGN_OR_RETURN(both.layout, Layout::Make(std::move(entries)));
  both.bytes.reserve(net.bytes.size() + trainer.bytes.size());
  both.bytes.insert(both.bytes.end(), net.bytes.begin(), net.bytes.end());
  both.bytes.insert(both.bytes.end(), trainer.bytes.begin(), trainer.bytes.end());
  return both;
}

Result<ParameterBlob> PartOf(const ParameterBlob& both, std::string_view prefix) {
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob part, Subset(both, [&](const EntrySpec& entry) {
                               return entry.name.starts_with(prefix);
                             }));
  std::vector<EntrySpec> entries = part.layout->entries();
  for (EntrySpec& entry : entries) entry.name.erase(0, prefix.size());
  CONSILIUM_ASSIGN_OR_RETURN(part.layout, Layout::Make(std::move(entries)));
  return part;
}

using TextFields = std::map<std::string, std::string>;

/// "12 1.8p+3;7 ...": per task n and the sum, to the bit.
std::string LossText(const std::vector<TaskCounts>& losses) {
  std::string text;
  for (const TaskCounts& task : losses) {
    char sum[64];
    const auto end = std::to_chars(sum, sum + sizeof(sum), task.loss_sum, std::chars_format::hex);
    text.append(std::to_string(task.n)).append(" ").append(sum, end.ptr).append(";");
  }
  return text;
}

template <typename Number, typename... Format>
bool ReadNumber(std::string_view& text, char stop, Number& number, Format... format) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, format...);
  if (error != std::errc() || end == text.data() + text.size() || *end != stop) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

bool ReadLosses(std::string_view text, std::vector<TaskCounts>& losses) {
  while (!text.empty()) {
    TaskCounts& task = losses.emplace_back();
    if (!ReadNumber(text, ' ', task.n) ||
        !ReadNumber(text, ';', task.loss_sum, std::chars_format::hex)) {
      return false;
    }
  }
  return true;
}

bool ReadCount(const TextFields& fields, const std::string& key, std::int64_t& count) {
  const auto found = fields.find(key);
  if (found == fields.end()) return false;
  const std::string text = found->second + ";";
  std::string_view rest = text;
  return ReadNumber(rest, ';', count) && rest.empty() && count >= 0;
}

/// Of the tensors and of what is said about them.
std::string SumOf(const HasherFactory& make, TextFields fields, const Bytes& bytes) {
  fields.erase("sha256");
  const std::unique_ptr<Hasher> hasher = make();
  for (const auto& [key, text] : fields) {
    for (const std::string_view part : {std::string_view(key), std::string_view(text)}) {
      hasher->Update(AsBytes(part));
      hasher->Update(AsBytes("\n"));
    }
  }
  hasher->Update(bytes);
  return hasher->Finish();
}

Result<EpochCheckpoint> ParseCheckpoint(const Bytes& bytes, const std::string& file,
                                        const HasherFactory& hasher, const std::string& inputs) {
  CONSILIUM_ASSIGN_OR_RETURN(TensorFile read, ParseSafetensors(bytes, file));
  if (read.metadata["inputs"] != inputs) {
    return InvalidArgument(file + ": is of a round with other settings");
  }
  if (read.metadata["sha256"] != SumOf(hasher, read.metadata, read.blob.bytes)) {
    return InvalidArgument(file + ": is damaged");
  }
  EpochCheckpoint checkpoint;
  std::int64_t epochs = 0;
  if (!ReadCount(read.metadata, "epochs", epochs) || epochs < 1 || epochs > 1'000'000'000 ||
      !ReadCount(read.metadata, "images_used", checkpoint.images_used) ||
      !ReadCount(read.metadata, "steps", checkpoint.steps) ||
      !ReadLosses(read.metadata["losses"], checkpoint.losses)) {
    return InvalidArgument(file + ": its counts cannot be read");
  }
  checkpoint.epochs = static_cast<int>(epochs);
  CONSILIUM_ASSIGN_OR_RETURN(checkpoint.net, PartOf(read.blob, kNetPart));
  CONSILIUM_ASSIGN_OR_RETURN(checkpoint.trainer, PartOf(read.blob, kTrainerPart));
  return checkpoint;
}

}  // namespace

RoundCheckpoints::RoundCheckpoints(std::string folder, HasherFactory hasher, Notify notify)
    : folder_(std::move(folder)), hasher_(std::move(hasher)), notify_(std::move(notify)) {}

void RoundCheckpoints::Begin(RoundNumber round, const ModelRef& model, std::string_view inputs) {
  name_.clear();
  if (folder_.empty() || !hasher_ || model.digest.empty()) return;
  name_.append(kPrefix).append(std::to_string(round)).append("-");
  name_.append(model.digest.substr(0, kDigestDigits)).append("-");
  std::string all = model.digest;
  inputs_ = Digest(hasher_, AsBytes(all.append("\n").append(inputs)));
  RemoveOthers();
}

std::optional<EpochCheckpoint> RoundCheckpoints::Find(const std::string& stream) {
  if (!keeps()) return std::nullopt;
  const std::string file = FileOf(stream);
  const Result<Bytes> bytes = ReadFile(file, kMaxCheckpointBytes);
  if (bytes.status().code() == StatusCode::kNotFound) return std::nullopt;
  if (!bytes.ok()) {
    Drop(stream, bytes.status().message());
    return std::nullopt;
  }
  Result<EpochCheckpoint> checkpoint = ParseCheckpoint(*bytes, file, hasher_, inputs_);
  if (checkpoint.ok()) {
    Tell(stream + ": goes on after epoch " + std::to_string(checkpoint->epochs) + " of the round");
    return std::move(checkpoint).value();
  }
  Drop(stream, checkpoint.status().message());
  return std::nullopt;
}

void RoundCheckpoints::Put(const std::string& stream, const EpochCheckpoint& checkpoint) {
  if (!keeps()) return;
  Result<ParameterBlob> both = Together(checkpoint.net, checkpoint.trainer);
  Status written = both.status();
  if (both.ok()) {
    TensorFile file;
    file.blob = std::move(both).value();
    file.metadata = {{"inputs", inputs_},
                     {"epochs", std::to_string(checkpoint.epochs)},
                     {"images_used", std::to_string(checkpoint.images_used)},
                     {"steps", std::to_string(checkpoint.steps)},
                     {"losses", LossText(checkpoint.losses)}};
    file.metadata["sha256"] = SumOf(hasher_, file.metadata, file.blob.bytes);
    written = MakeFolders(folder_);
    if (written.ok()) written = WriteFileAtomically(FileOf(stream), SerializeSafetensors(file));
  }
  if (!written.ok()) Tell(stream + ": a checkpoint cannot be written: " + written.message());
}

void RoundCheckpoints::Drop(const std::string& stream, const std::string& why) {
  Tell(stream + ": a checkpoint is ignored and removed: " + why);
  // What cannot be removed is found damaged again, at worst.
  static_cast<void>(RemoveFile(FileOf(stream)).ok());
}

void RoundCheckpoints::End() {
  name_.clear();
  RemoveOthers();
}

std::string RoundCheckpoints::FileOf(const std::string& stream) const {
  std::string file = folder_ + "/" + name_;
  return file.append(stream).append(kEnding);
}

void RoundCheckpoints::Tell(const std::string& line) const {
  if (notify_) notify_(line);
}

void RoundCheckpoints::RemoveOthers() const {
  if (folder_.empty()) return;
  std::error_code none;  // no folder: no files
  for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
    const std::string name = entry.path().filename().string();
    if (!IsCheckpoint(name) || (keeps() && name.starts_with(name_))) continue;
    static_cast<void>(RemoveFile(entry.path().string()).ok());
  }
}

}  // namespace consilium
