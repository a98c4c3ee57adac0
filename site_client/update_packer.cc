#include "site_client/update_packer.h"

#include <utility>

namespace consilium {

UpdatePacker::UpdatePacker(std::unique_ptr<UpdateCodec> codec, LocalStateStore residuals)
    : codec_(std::move(codec)), residuals_(std::move(residuals)) {}

Result<UpdatePacker> UpdatePacker::Open(const std::string& folder, const RunId& run,
                                        const SiteId& site, const std::string& codec,
                                        std::shared_ptr<const Layout> shared) {
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<UpdateCodec> made,
                             MakeCodec(codec, std::move(shared)));
  const bool keeps = !made->residual_layout()->entries().empty();
  CONSILIUM_ASSIGN_OR_RETURN(
      LocalStateStore residuals,
      LocalStateStore::Open(keeps ? folder : "", run, site, made->residual_layout(), "residual-v"));
  return UpdatePacker(std::move(made), std::move(residuals));
}

Result<Bytes> UpdatePacker::Pack(const Instruction& instruction, const ParameterBlob& state,
                                 ByteView model) {
  const ParameterBlob* carried = residuals_.Find(instruction.counted_version);
  const ByteView residual = carried == nullptr ? ByteView() : ByteView(carried->bytes);
  CONSILIUM_ASSIGN_OR_RETURN(EncodedUpdate update, codec_->Encode(state, model, residual));
  if (codec_->residual_layout()->entries().empty()) return std::move(update.bytes);
  const RoundNumber next = instruction.round + 1;
  CONSILIUM_RETURN_IF_ERROR(
      residuals_.Put(next, {codec_->residual_layout(), std::move(update.residual)}));
  CONSILIUM_RETURN_IF_ERROR(residuals_.Keep({instruction.counted_version, next}));
  return std::move(update.bytes);
}

}  // namespace consilium
