/// Foreign text inside markup: every name that a manifest, a folder or a file brought along passes
/// through here.
///
/// Bytes that are not UTF-8, and control characters, become U+FFFD (HTML) or "?" (LaTeX); line
/// breaks and tabs become blanks. Threads: pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace consilium {

/// For HTML and SVG, between tags and inside double quotes.
std::string EscapeHtml(std::string_view text);

/// For the body of a LaTeX document compiled as UTF-8.
std::string EscapeLatex(std::string_view text);

/// For a shell: as it is where no character is special, else in single quotes.
std::string QuoteForShell(std::string_view text);

/// [A-Za-z0-9_-] stays, the rest becomes '_': part of a file's name or of an id.
std::string PlainName(std::string_view text);

/// Characters, for the width of a text: UTF-8 bytes that do not continue one.
std::size_t CharactersOf(std::string_view text);

std::string Concat(std::initializer_list<std::string_view> parts);
void Append(std::string& text, std::initializer_list<std::string_view> parts);

}  // namespace consilium
