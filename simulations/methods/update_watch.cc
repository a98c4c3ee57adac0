#include "simulations/methods/update_watch.h"

#include "common/federation/strategies/scaffold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <utility>

namespace consilium {
namespace {

/// 2^40: finer than float32, with room for millions of sites.
constexpr double kUnit = 1099511627776.0;
constexpr std::size_t kBlock = 1024;
constexpr std::size_t kMostBlocks = 1024;

EncodedReader ReaderOf(ByteView bytes) {
  return [bytes](std::uint64_t offset, std::span<std::byte> into) {
    if (offset > bytes.size() || into.size() > bytes.size() - offset) {
      return DataLoss("update: ended too early");
    }
    if (!into.empty()) std::memcpy(into.data(), bytes.data() + offset, into.size());
    return OkStatus();
  };
}

class WatchedTransport final : public Transport {
 public:
  WatchedTransport(std::unique_ptr<Transport> transport, UpdateWatch& watch)
      : transport_(std::move(transport)), watch_(watch) {}

  Result<RunOffer> GetRun() override { return transport_->GetRun(); }
  Status Join(const SiteDeclaration& declaration) override { return transport_->Join(declaration); }
  Result<Instruction> NextInstruction(Millis patience) override {
    return transport_->NextInstruction(patience);
  }
  Result<Bytes> FetchModel(const ModelRef& model) override {
    Result<Bytes> bytes = transport_->FetchModel(model);
    if (bytes.ok()) watch_.Fetched(model, *bytes);
    return bytes;
  }
  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override {
    CONSILIUM_RETURN_IF_ERROR(transport_->SubmitUpdate(header, encoded));
    watch_.Sent(header, encoded);
    return OkStatus();
  }
  Status SubmitEvaluation(const EvaluationReport& report) override {
    return transport_->SubmitEvaluation(report);
  }
  Status SendProgress(const Progress& progress) override {
    return transport_->SendProgress(progress);
  }

 private:
  std::unique_ptr<Transport> transport_;
  UpdateWatch& watch_;
};

bool IsBackboneParameter(const EntrySpec& entry) {
  return entry.type == ElementType::kFloat32 && KindOf(entry) == EntryKind::kParameter &&
         HeadOf(entry).empty() && !IsControl(entry);
}

}  // namespace

UpdateWatch::UpdateWatch(std::shared_ptr<const Layout> layout, std::unique_ptr<UpdateCodec> codec,
                         ModelCodec model_codec)
    : layout_(std::move(layout)), codec_(std::move(codec)), model_codec_(std::move(model_codec)) {
  for (std::size_t e = 0; e < layout_->entries().size(); ++e) {
    if (!IsBackboneParameter(layout_->entries()[e])) continue;
    const std::size_t size = layout_->size(e) / sizeof(float);
    for (std::size_t first = 0; first < size; first += kBlock) {
      blocks_.push_back(
          {layout_->offset(e) + first * sizeof(float), std::min(kBlock, size - first)});
    }
  }
  const std::size_t step = 1 + blocks_.size() / kMostBlocks;
  for (std::size_t i = 0; i * step < blocks_.size(); ++i) blocks_[i] = blocks_[i * step];
  blocks_.resize((blocks_.size() + step - 1) / step);
  for (const Block& block : blocks_) weights_ += block.count;
}

Result<std::unique_ptr<UpdateWatch>> UpdateWatch::Make(const RunPlan& plan,
                                                       const ParameterBlob& initial) {
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob travelling,
                             Subset(initial, SharedEntries(plan, *initial.layout)));
  CONSILIUM_ASSIGN_OR_RETURN(travelling, WithControls(plan, std::move(travelling)));
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<UpdateCodec> codec,
                             MakeCodec(plan.codec, travelling.layout));
  CONSILIUM_ASSIGN_OR_RETURN(ModelCodec model_codec,
                             ModelCodec::Make(plan.model_codec, travelling.layout));
  return std::unique_ptr<UpdateWatch>(
      new UpdateWatch(travelling.layout, std::move(codec), std::move(model_codec)));
}

std::unique_ptr<Transport> UpdateWatch::Watched(std::unique_ptr<Transport> transport) {
  return std::make_unique<WatchedTransport>(std::move(transport), *this);
}

void UpdateWatch::Fetched(const ModelRef& model, ByteView bytes) {
  const std::lock_guard lock(mutex_);
  to_sites_ += bytes.size();
  if (model.version <= round_) return;
  Result<Bytes> received = model_codec_.Decode(Bytes(bytes.begin(), bytes.end()));
  if (!received.ok()) return;
  if (round_ != kInitialModel) cosines_.push_back(RoundCosine());
  round_ = model.version;
  model_ = *std::move(received);
  sum_.clear();
  counted_ = 0;
}

void UpdateWatch::Sent(const UpdateHeader& header, ByteView encoded) {
  const std::lock_guard lock(mutex_);
  from_sites_ += encoded.size();
  if (header.round != round_) return;
  const Result<std::vector<float>> update = BackboneUpdate(encoded);
  if (!update.ok()) return;
  double square = 0;
  for (const float value : *update) square += static_cast<double>(value) * value;
  if (!(square > 0) || !std::isfinite(square)) return;
  const double scale = kUnit / std::sqrt(square);
  sum_.resize(update->size(), 0);
  // Cut off, not rounded: a call of llround for each weight would cost more than all the rest.
  for (std::size_t i = 0; i < update->size(); ++i) {
    sum_[i] += static_cast<std::int64_t>((*update)[i] * scale);
  }
  ++counted_;
}

Result<std::vector<float>> UpdateWatch::BackboneUpdate(ByteView encoded) const {
  CONSILIUM_RETURN_IF_ERROR(codec_->CheckSize(encoded.size()));
  std::vector<float> update(weights_);
  std::array<float, kBlock> before{};
  std::span<float> rest = update;
  for (const Block& block : blocks_) {
    const std::span<float> values = rest.first(block.count);
    rest = rest.subspan(block.count);
    CONSILIUM_RETURN_IF_ERROR(codec_->DecodeRange(ReaderOf(encoded), ReaderOf(model_), block.offset,
                                                  std::as_writable_bytes(values)));
    std::memcpy(before.data(), model_.data() + block.offset, values.size_bytes());
    std::transform(values.begin(), values.end(), before.begin(), values.begin(), std::minus<>());
  }
  return update;
}

std::optional<double> UpdateWatch::RoundCosine() const {
  if (counted_ < 2) return std::nullopt;
  double square = 0;
  for (const std::int64_t value : sum_) {
    const double unit = static_cast<double>(value) / kUnit;
    square += unit * unit;
  }
  const double n = counted_;
  return std::clamp((square - n) / (n * (n - 1)), -1.0, 1.0);
}

std::vector<std::optional<double>> UpdateWatch::Cosines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::optional<double>> cosines = cosines_;
  // The last model is evaluated only: nobody sends an update of it.
  if (counted_ > 0) cosines.push_back(RoundCosine());
  return cosines;
}

std::uint64_t UpdateWatch::bytes_to_sites() const {
  const std::lock_guard lock(mutex_);
  return to_sites_;
}

std::uint64_t UpdateWatch::bytes_from_sites() const {
  const std::lock_guard lock(mutex_);
  return from_sites_;
}

}  // namespace consilium
