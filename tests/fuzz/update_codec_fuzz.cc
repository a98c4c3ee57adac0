// Any bytes as an update: refused, or decoded range by range as they are decoded whole. The first
// byte chooses the codec.

#include "common/base/check.h"
#include "common/codec/update_codec.h"
#include "tests/fuzz/update_codec_case.h"
#include "tests/support/random_state.h"

namespace consilium {
namespace {

Result<Bytes> Decoded(const UpdateCodec& codec, const Bytes& encoded, const Bytes& base,
                      std::size_t step) {
  Bytes decoded(base.size());
  for (std::size_t at = 0; at < decoded.size(); at += step) {
    const auto part = std::span(decoded).subspan(at, std::min(step, decoded.size() - at));
    CONSILIUM_RETURN_IF_ERROR(codec.DecodeRange(ReaderOf(encoded), ReaderOf(base), at, part));
  }
  return decoded;
}

void Try(std::span<const std::uint8_t> input) {
  if (input.empty()) return;
  static const auto layout = FuzzedLayout();
  static const ParameterBlob base = RandomState(layout, 1);
  const auto codec = MakeCodec(kFuzzedCodecs[input.front() % kFuzzedCodecs.size()], layout).value();
  const ByteView rest = std::as_bytes(input.subspan(1));
  const Bytes encoded(rest.begin(), rest.end());
  const Status fits = codec->CheckSize(encoded.size());
  CONSILIUM_CHECK(fits.ok() || fits.code() == StatusCode::kDataLoss);
  const Result<Bytes> whole = Decoded(*codec, encoded, base.bytes, base.bytes.size());
  const Result<Bytes> parts = Decoded(*codec, encoded, base.bytes, 1001);
  CONSILIUM_CHECK(whole.ok() || whole.status().code() == StatusCode::kDataLoss);
  CONSILIUM_CHECK(whole.ok() == parts.ok());
  CONSILIUM_CHECK(!whole.ok() || *whole == *parts);
}

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  consilium::Try({data, size});
  return 0;
}
