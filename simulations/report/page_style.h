/// The frame of a page: one HTML file that needs nothing else, no script and no network; light and
/// dark, on screen and on paper. Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace consilium {

/// `title` is plain text, `body` is HTML.
std::string HtmlDocument(std::string_view title, std::string_view body);

}  // namespace consilium
