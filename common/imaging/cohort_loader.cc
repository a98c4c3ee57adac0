#include "common/imaging/cohort_loader.h"

#include "common/imaging/picture.h"
#include "common/storage/file_io.h"

#include <torch/types.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxPictureFile = 1'000'000'000;

class Loader {
 public:
  Loader(const Manifest& manifest, const CohortLoadOptions& options)
      : manifest_(manifest), options_(options) {
    const auto count = static_cast<std::int64_t>(manifest.samples.size());
    images_ = torch::empty({count, options.image_size, options.image_size}, torch::kFloat32);
  }

  Result<Dataset> Load() && {
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < options_.threads; ++i) others.emplace_back([this] { LoadSome(); });
      LoadSome();
    }
    if (!fault_.ok()) return fault_;
    if (interrupted_) return Cancelled("interrupted while reading pictures");
    return Readable();
  }

 private:
  /// The pictures that could be read, their pixels moved together, and the others' reasons.
  Dataset Readable() const {
    Dataset read;
    read.tasks = manifest_.tasks;
    read.samples.reserve(manifest_.samples.size() - set_aside_.size());
    read.set_aside.reserve(set_aside_.size());
    std::int64_t kept = 0;
    for (std::size_t i = 0; i < manifest_.samples.size(); ++i) {
      const auto reason = set_aside_.find(i);
      if (reason != set_aside_.end()) {
        read.set_aside.push_back({manifest_.samples[i], reason->second});
        continue;
      }
      read.samples.push_back(manifest_.samples[i]);
      const auto from = static_cast<std::int64_t>(i);
      if (kept != from) images_[kept].copy_(images_[from]);
      ++kept;
    }
    read.images = images_.narrow(0, 0, kept);
    return read;
  }

  /// Pictures are taken in order, so each one before a faulty one is looked at by some thread.
  void LoadSome() {
    while (!stop_) {
      const std::size_t index = next_++;
      if (index >= manifest_.samples.size()) return;
      const Status status = LoadOne(index);
      const std::lock_guard lock(mutex_);
      if (!status.ok() && options_.unreadable == UnreadablePictures::kSetAside) {
        set_aside_[index] = status.message();
      } else if (!status.ok()) {
        stop_ = true;
        if (index < faulty_) {
          faulty_ = index;
          fault_ = status;
        }
      }
      if (options_.on_picture && !stop_) {
        options_.on_picture(++done_, static_cast<std::int64_t>(manifest_.samples.size()));
      }
      if (options_.interrupt != nullptr && options_.interrupt->Requested()) {
        interrupted_ = true;
        stop_ = true;
      }
    }
  }

  Status LoadOne(std::size_t index) {
    const std::string& image = manifest_.samples[index].image;
    const std::string at =
        manifest_.path + ":" + std::to_string(manifest_.lines[index]) + ": image: " + image;
    const Result<Bytes> file = ReadFile(manifest_.folder + "/" + image, kMaxPictureFile);
    if (file.status().code() == StatusCode::kNotFound) {
      return InvalidArgument(at +
                             " does not exist, expected a file relative to the manifest's "
                             "folder");
    }
    if (!file.ok()) {
      return InvalidArgument(at + " cannot be read (" + file.status().message() +
                             "), expected a picture");
    }
    const Result<torch::Tensor> picture = DecodePicture(*file);
    if (!picture.ok()) return InvalidArgument(at + ": " + picture.status().message());
    images_[static_cast<std::int64_t>(index)].copy_(Preprocess(*picture, options_.image_size));
    return OkStatus();
  }

  const Manifest& manifest_;
  const CohortLoadOptions& options_;
  torch::Tensor images_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  ///< guards what follows
  bool interrupted_ = false;
  std::int64_t done_ = 0;
  std::map<std::size_t, std::string> set_aside_;  ///< index in the manifest, why
  std::size_t faulty_ = static_cast<std::size_t>(-1);
  Status fault_;
};

}  // namespace

Result<Dataset> LoadCohort(const Manifest& manifest, const CohortLoadOptions& options) {
  return Loader(manifest, options).Load();
}

}  // namespace consilium
