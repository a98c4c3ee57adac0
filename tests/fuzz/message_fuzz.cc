// Any bytes as a message from a site or from the aggregator: refused, or read into values that are
// the same after another journey. The first byte chooses the message.

#include "common/base/check.h"
#include "common/wire/from_proto.h"
#include "common/wire/to_proto.h"

#include <array>
#include <span>

namespace consilium {
namespace {

using Input = std::span<const std::uint8_t>;

const SiteId kSite("mercy");

/// `read` is FromProto with what the transport knows of the sender.
template <typename Message, typename Read>
void Travel(Input input, const Read& read) {
  Message message;
  if (!message.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  const auto first = read(message);
  if (!first.ok()) return;
  const Message sent = ToProto(*first);
  const auto second = read(sent);
  CONSILIUM_CHECK(second.ok());
  CONSILIUM_CHECK(ToProto(*second).SerializeAsString() == sent.SerializeAsString());
}

template <typename Message>
void Plain(Input input) {
  Travel<Message>(input, [](const Message& message) { return FromProto(message); });
}

template <typename Message>
void FromSite(Input input) {
  Travel<Message>(input, [](const Message& message) { return FromProto(message, kSite); });
}

constexpr std::array kMessages = {
    &Plain<v1::RunOffer>,        &Plain<v1::Instruction>, &FromSite<v1::SiteDeclaration>,
    &FromSite<v1::UpdateHeader>, &FromSite<v1::Progress>, &FromSite<v1::EvaluationReport>,
};

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const consilium::Input input(data, size);
  if (!input.empty()) {
    consilium::kMessages[input.front() % consilium::kMessages.size()](input.subspan(1));
  }
  return 0;
}
