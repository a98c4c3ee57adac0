#include "common/nn/published_weights.h"

#include "common/nn/entry_names.h"
#include "common/nn/state.h"
#include "common/tensor_file/read_tensor_file.h"

#include <algorithm>
#include <array>
#include <map>

namespace consilium {
namespace {

constexpr std::string_view kClassifierPrefix = "classifier.";
constexpr std::array<std::string_view, 2> kWrapperPrefixes{"module.", kBackbonePrefix};
constexpr std::array<std::string_view, 7> kHeads{"fc",   "classifier", "head",     "heads",
                                                 "aux1", "aux2",       "AuxLogits"};

/// The reference's name -> the network's.
using OurNames = std::map<std::string, std::string, std::less<>>;

bool IsUnder(std::string_view name, std::string_view layer) {
  return !layer.empty() && name.starts_with(layer) && name.substr(layer.size()).starts_with('.');
}

/// "denselayer1.norm.1.weight" -> "denselayer1.norm1.weight": a module's name may hold no dot since
/// PyTorch 0.4, but files from before are still published.
std::string ModernName(std::string name) {
  const std::size_t layer = name.find("denselayer");
  if (layer == std::string::npos) return name;
  for (const std::string_view old : {".norm.1.", ".norm.2.", ".conv.1.", ".conv.2."}) {
    const std::size_t at = name.find(old, layer);
    if (at != std::string::npos) return name.erase(at + std::string_view(".norm").size(), 1);
  }
  return name;
}

/// Finds out what each entry of a file is called in a network.
class Renaming {
 public:
  Renaming(const Layout& file, const OurNames& ours, std::string_view classifier)
      : file_(file), ours_(ours), classifier_(classifier) {
    for (const EntrySpec& entry : file.entries()) names_.push_back(ModernName(entry.name));
  }

  /// Heads may stand outside of what the prefix is for, so both are looked for in turn.
  Status Settle() {
    do {
      DropHeads();
    } while (std::ranges::any_of(kWrapperPrefixes, [this](auto p) { return StripFromAll(p); }));
    for (const std::string_view prefix : kWrapperPrefixes) {
      const auto with = Count([&](const std::string& name) { return name.starts_with(prefix); });
      if (with == 0) continue;
      return InvalidArgument(std::to_string(with) + " of " + std::to_string(Count()) +
                             " names begin with '" + std::string(prefix) +
                             "', expected all or none");
    }
    return OkStatus();
  }

  /// The entry called `name`, or -1.
  std::ptrdiff_t Find(std::string_view name) const {
    const auto found = std::ranges::find(names_, name);
    return found == names_.end() ? -1 : found - names_.begin();
  }
  void DropClassifier() {
    DropIf([this](const std::string& name) { return IsUnder(name, classifier_); });
  }

  /// The network's names; empty for what is left out.
  std::vector<std::string> Take() {
    for (std::string& name : names_) {
      if (name.empty()) continue;
      const auto ours = ours_.find(name);
      name = ours != ours_.end() ? ours->second : std::string(kBackbonePrefix).append(name);
    }
    return std::move(names_);
  }
  std::vector<std::string> Dropped() const;

 private:
  template <typename Predicate>
  std::ptrdiff_t Count(const Predicate& predicate) const {
    return std::ranges::count_if(
        names_, [&](const std::string& name) { return !name.empty() && predicate(name); });
  }
  std::ptrdiff_t Count() const {
    return Count([](const std::string& /*name*/) { return true; });
  }

  bool StripFromAll(std::string_view prefix) {
    const auto with = Count([&](const std::string& name) { return name.starts_with(prefix); });
    if (with == 0 || with != Count()) return false;
    for (std::string& name : names_) name.erase(0, prefix.size());
    return true;
  }

  bool IsHead(std::string_view name) const {
    return IsUnder(name, classifier_) ||
           std::ranges::any_of(kHeads, [&](std::string_view head) { return IsUnder(name, head); });
  }
  void DropHeads() {
    DropIf([this](const std::string& name) { return !ours_.contains(name) && IsHead(name); });
  }
  template <typename Predicate>
  void DropIf(const Predicate& predicate);

  struct Head {
    std::size_t entries = 0;
    std::int64_t classes = 0;  // of the classifier
  };

  const Layout& file_;
  const OurNames& ours_;
  std::string_view classifier_;
  std::vector<std::string> names_;  // one for each entry of the file
  std::map<std::string, Head> dropped_;
};

template <typename Predicate>
void Renaming::DropIf(const Predicate& predicate) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::string& name = names_[i];
    if (name.empty() || !predicate(name)) continue;
    const bool classifier = IsUnder(name, classifier_);
    Head& head = dropped_[classifier ? std::string(classifier_) : name.substr(0, name.find('.'))];
    ++head.entries;
    const std::vector<std::int64_t>& shape = file_.entries()[i].shape;
    if (classifier && !shape.empty()) head.classes = shape[0];
    name.clear();
  }
}

std::vector<std::string> Renaming::Dropped() const {
  std::vector<std::string> dropped;
  for (const auto& [name, head] : dropped_) {
    dropped.push_back(name == classifier_
                          ? "classifier " + name + " (" + std::to_string(head.classes) + " classes)"
                          : name + " (" + std::to_string(head.entries) + " entries)");
  }
  return dropped;
}

bool IsNeeded(const EntrySpec& entry) {
  return entry.name.starts_with(kBackbonePrefix) && KindOf(entry) != EntryKind::kCounter;
}

Result<LoadedWeights> LoadBackbone(torch::nn::Module& net, std::string_view classifier,
                                   const ParameterBlob& file) {
  const std::shared_ptr<const Layout> layout = LayoutOf(net);
  OurNames ours;
  for (const EntrySpec& entry : layout->entries()) {
    if (!entry.name.starts_with(kBackbonePrefix)) continue;
    ours[entry.name.substr(kBackbonePrefix.size())] = entry.name;
  }
  Renaming renaming(*file.layout, ours, classifier);
  CONSILIUM_RETURN_IF_ERROR(renaming.Settle());
  LoadedWeights loaded{.dropped = renaming.Dropped()};
  CONSILIUM_RETURN_IF_ERROR(WriteStateAs(net, file, renaming.Take(), IsNeeded));
  return loaded;
}

Result<LoadedWeights> LoadBoth(ClassifierNet& net, const BackboneInfo& info,
                               const ParameterBlob& file) {
  const std::shared_ptr<const Layout> layout = LayoutOf(*net);
  OurNames ours;
  for (const EntrySpec& entry : layout->entries()) {
    ours[PublishedName(info, entry.name)] = entry.name;
  }
  Renaming renaming(*file.layout, ours, info.classifier);
  CONSILIUM_RETURN_IF_ERROR(renaming.Settle());

  LoadedWeights loaded;
  const std::string weight = std::string(info.classifier) + ".weight";
  const std::ptrdiff_t given = renaming.Find(weight);
  if (given >= 0) {
    const auto here = static_cast<std::size_t>(layout->Find(ours.at(weight)));
    const std::vector<std::int64_t>& shape =
        file.layout->entries()[static_cast<std::size_t>(given)].shape;
    loaded.has_classifier = !shape.empty() && shape[0] == layout->entries()[here].shape[0];
  }
  if (!loaded.has_classifier) renaming.DropClassifier();
  loaded.dropped = renaming.Dropped();
  const auto needed = [&](const EntrySpec& entry) {
    return IsNeeded(entry) || (loaded.has_classifier && entry.name.starts_with(kClassifierPrefix));
  };
  CONSILIUM_RETURN_IF_ERROR(WriteStateAs(*net, file, renaming.Take(), needed));
  return loaded;
}

Result<LoadedWeights> Named(Result<LoadedWeights> loaded, const std::string& path) {
  if (!loaded.ok()) return loaded.status().WithContext(path);
  return loaded;
}

}  // namespace

Result<LoadedWeights> LoadBackboneWeights(torch::nn::Module& net, std::string_view classifier,
                                          const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  return Named(LoadBackbone(net, classifier, file.blob), path);
}

Result<LoadedWeights> LoadClassifierNet(ClassifierNet& net, const BackboneInfo& info,
                                        const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  return Named(LoadBoth(net, info, file.blob), path);
}

}  // namespace consilium
