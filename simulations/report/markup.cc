#include "simulations/report/markup.h"

#include <algorithm>
#include <cctype>

namespace consilium {
namespace {

bool Continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// Bytes of the well-formed UTF-8 character at the start of `text`; 0 if there is none.
/// Source: Unicode 15, table 3-7.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!Continues(byte(i))) return 0;
  }
  return length;
}

/// Gives `escape` each character, or `unknown` in place of what is none; blanks for line breaks.
template <typename Escape>
std::string EachCharacter(std::string_view text, std::string_view unknown, Escape&& escape) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (first == '\n' || first == '\r' || first == '\t') {
      escaped += ' ';
    } else if (length == 0 || first < 0x20 || first == 0x7F ||
               (first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)) {
      escaped += unknown;
    } else {
      escaped += escape(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return escaped;
}

std::string_view HtmlOf(std::string_view character) {
  switch (character.front()) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return character;
  }
}

std::string_view LatexOf(std::string_view character) {
  switch (character.front()) {
    case '\\':
      return "\\textbackslash{}";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    case '$':
      return "\\$";
    case '&':
      return "\\&";
    case '#':
      return "\\#";
    case '%':
      return "\\%";
    case '_':
      return "\\_";
    case '^':
      return "\\textasciicircum{}";
    case '~':
      return "\\textasciitilde{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "''";
    case '[':  // after \\ a bracket would be read as its argument
      return "{[}";
    case ']':
      return "{]}";
    case '*':  // likewise
      return "{*}";
    default:
      return character;
  }
}

}  // namespace

std::string EscapeHtml(std::string_view text) { return EachCharacter(text, "\uFFFD", HtmlOf); }
std::string EscapeLatex(std::string_view text) { return EachCharacter(text, "?", LatexOf); }

std::string QuoteForShell(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./,:=+@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  quoted += '\'';
  return quoted;
}

std::string PlainName(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return name;
}

std::size_t CharactersOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return !Continues(static_cast<unsigned char>(c)); }));
}

std::string Concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  Append(text, parts);
  return text;
}

void Append(std::string& text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) text += part;
}

}  // namespace consilium
