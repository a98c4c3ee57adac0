/// The key of the metadata that names the run which a site's call is about (federation.proto).
#pragma once

namespace consilium {

inline constexpr const char* kRunMetadata = "consilium-run";

}  // namespace consilium
