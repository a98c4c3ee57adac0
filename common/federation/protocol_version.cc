#include "common/federation/protocol_version.h"

#include <algorithm>
#include <string>

namespace consilium {
namespace {

std::string TextOf(ProtocolRange range) {
  return std::to_string(range.oldest) + " to " + std::to_string(range.newest);
}

}  // namespace

Result<std::uint32_t> AgreedProtocol(const SiteId& site, ProtocolRange of_site,
                                     ProtocolRange of_aggregator) {
  const std::uint32_t newest = std::min(of_site.newest, of_aggregator.newest);
  if (newest >= std::max(of_site.oldest, of_aggregator.oldest)) return newest;
  std::string text = "protocol: site ";
  text.append(site.str()).append(" speaks versions ").append(TextOf(of_site));
  text.append(", this aggregator ").append(TextOf(of_aggregator)).append("; install ");
  const bool site_is_older = of_site.newest < of_aggregator.oldest;
  text.append(site_is_older ? "the aggregator's release of consilium-site at the site"
                            : "the site's release of consilium-aggregator at the aggregator");
  return FailedPrecondition(std::move(text));
}

}  // namespace consilium
