#include "common/data/csv.h"

#include <algorithm>
#include <cstdint>

namespace consilium {
namespace {

constexpr std::size_t kMaxField = std::size_t{64} * 1024;
constexpr std::size_t kMaxFields = 4096;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Length of the UTF-8 character at the start of `text`; 0 if there is none.
std::size_t CharacterLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || length > text.size()) return 0;
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (next & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string path)
    : text_(text), path_(std::move(path)) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

Result<bool> CsvReader::Next(CsvRow& row) {
  while (at_ < text_.size() && AtRowEnd()) SkipRowEnd();
  if (at_ >= text_.size()) return false;
  row.line = line_;
  std::size_t count = 0;
  while (true) {
    if (count == kMaxFields) return Fault(row.line, "has over 4096 fields, expected at most that");
    if (count == row.fields.size()) row.fields.emplace_back();
    CONSILIUM_RETURN_IF_ERROR(ReadField(row.fields[count]));
    ++count;
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      continue;
    }
    row.fields.resize(count);
    SkipRowEnd();
    return true;
  }
}

Status CsvReader::ReadField(std::string& field) {
  field.clear();
  if (at_ < text_.size() && text_[at_] == '"') return ReadQuoted(field);
  const std::size_t start = at_;
  while (at_ < text_.size() && text_[at_] != ',' && !AtRowEnd()) ++at_;
  if (at_ - start > kMaxField) return Fault(line_, "a field is over 64 KiB, expected at most that");
  field.assign(text_.substr(start, at_ - start));
  return OkStatus();
}

Status CsvReader::ReadQuoted(std::string& field) {
  const int opened = line_;
  ++at_;
  while (true) {
    const std::size_t end = std::min(text_.find('"', at_), text_.size());
    if (field.size() + (end - at_) > kMaxField) {
      return Fault(opened, "a quoted field is over 64 KiB, expected a closing quote before that");
    }
    if (end == text_.size()) {
      return Fault(opened, "a quote is opened and never closed, expected a closing quote");
    }
    const std::string_view part = text_.substr(at_, end - at_);
    line_ += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
    field.append(part);
    at_ = end + 1;
    if (at_ >= text_.size() || text_[at_] != '"') break;
    field += '"';
    ++at_;
  }
  if (at_ < text_.size() && text_[at_] != ',' && !AtRowEnd()) {
    return Fault(line_, "text follows a closing quote, expected a comma or the end of the line");
  }
  return OkStatus();
}

bool CsvReader::AtRowEnd() const {
  return text_[at_] == '\n' ||
         (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
}

void CsvReader::SkipRowEnd() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') {
    ++at_;
    ++line_;
  }
}

Status CsvReader::Fault(int line, std::string_view what) const {
  return InvalidArgument(path_ + ":" + std::to_string(line) + ": row: " + std::string(what));
}

int FirstLineThatIsNotText(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return line;
    if (text[0] == '\n') ++line;
    text.remove_prefix(length);
  }
  return 0;
}

}  // namespace consilium
