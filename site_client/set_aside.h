/// What a site tells about images that it could not read.
///
/// Counts are for its log, which names no picture; which files they are and why lies in a list on
/// the site's own disk. Neither goes to another machine (a declaration has the counts).
/// Threads: any.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"

#include <string>
#include <vector>

namespace consilium {

/// Lines for the log: how many of how many images and, per task, labelled images are set aside, and
/// each task of which none is left. Empty if nothing is set aside. `list`: where the files stand.
std::vector<std::string> SetAsideLines(const Dataset& data, const std::string& list);

/// The reasons, "FILE:LINE: image: what is wrong", one a line, as UTF-8 text; a list of an earlier
/// run of the program is replaced, and removed if nothing is set aside now.
Status WriteSetAsideList(const Dataset& data, const std::string& list);

}  // namespace consilium
