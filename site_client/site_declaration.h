/// What a site tells the aggregator of its own data before it has seen any model. Threads: pure.
#pragma once

#include "common/data/dataset.h"
#include "common/data/splits.h"
#include "common/federation/messages.h"

#include <string>

namespace consilium {

/// As the data are, whatever the run asks for: the aggregator judges (participation.h).
/// Of each task with a training label; a site without training images only evaluates. A task of
/// which images are set aside is named too, for what it says of the site.
SiteDeclaration Declare(const SiteId& site, const Dataset& data, const Split& split,
                        const std::string& layout_fingerprint);

/// Whether the site can do what the run asks of it.
bool AnyLabel(const SiteDeclaration& declaration, bool evaluates);

}  // namespace consilium
