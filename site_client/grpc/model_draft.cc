#include "site_client/grpc/model_draft.h"

#include <utility>

namespace consilium {
namespace {

/// A download of less is not worth a file.
constexpr std::uint64_t kSmall = std::uint64_t{1} << 20;

}  // namespace

ModelDraft::ModelDraft(BlobStore* blobs, ModelRef model,
                       std::function<void(const std::string& line)> notify)
    : blobs_(model.digest.empty() || model.byte_size <= kSmall ? nullptr : blobs),
      model_(std::move(model)),
      notify_(std::move(notify)),
      name_(model_.version == kInitialModel ? "initial" : "round") {}

Bytes ModelDraft::Resume() {
  Bytes begun;
  if (blobs_ == nullptr) return begun;
  const Status opened = Open(begun);
  if (!opened.ok()) {
    GiveUpOn(opened);
    return {};
  }
  size_ = begun.size();
  return begun;
}

Status ModelDraft::Open(Bytes& begun) {
  const Result<Bytes> owner = blobs_->ReadAll(name_ + ".digest");
  if (!owner.ok() && owner.status().code() != StatusCode::kNotFound) return owner.status();
  if (!owner.ok() || AsText(*owner) != model_.digest) return Claim();
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, blobs_->DraftSize(name_));
  if (size > model_.byte_size) return Claim();
  begun.resize(static_cast<std::size_t>(size));
  return size == 0 ? OkStatus() : blobs_->ReadDraftAt(name_, 0, begun);
}

/// The bytes of the model before go first: what follows is never taken for it.
Status ModelDraft::Claim() {
  const std::string owner = name_ + ".digest";
  CONSILIUM_RETURN_IF_ERROR(blobs_->Discard(name_));
  CONSILIUM_RETURN_IF_ERROR(blobs_->Discard(owner));
  CONSILIUM_RETURN_IF_ERROR(blobs_->Append(owner, 0, AsBytes(model_.digest)));
  return blobs_->Commit(owner);
}

void ModelDraft::Append(ByteView bytes) {
  if (blobs_ == nullptr) return;
  const Status kept = blobs_->Append(name_, size_, bytes);
  if (!kept.ok()) return GiveUpOn(kept);
  size_ += bytes.size();
}

void ModelDraft::Discard() {
  size_ = 0;
  if (blobs_ == nullptr) return;
  const Status gone = blobs_->Discard(name_);
  if (!gone.ok()) GiveUpOn(gone);
}

void ModelDraft::GiveUpOn(const Status& failure) {
  static_cast<void>(blobs_->Discard(name_));  // gives back what room it took
  blobs_ = nullptr;
  if (!notify_) return;
  notify_(std::string("what arrives of the model cannot be kept: ")
              .append(failure.message())
              .append("; the download goes on, but would begin anew after a restart"));
}

}  // namespace consilium
