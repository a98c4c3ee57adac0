#include "common/tensor_file/safetensors_header.h"

#include "common/federation/parameter_blob.h"
#include "common/tensor_file/shown_name.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>

namespace consilium {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadataKey = "__metadata__";

/// Receives the parser's events; a method that returns false ends the parsing.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Unexpected("null"); }
  bool boolean(bool /*value*/) override { return Unexpected("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override {
    return Unexpected("a negative number");
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Unexpected("the number " + text.substr(0, 32));
  }
  bool binary(binary_t& /*value*/) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (numbers_ == nullptr) return Unexpected("a number");
    if (value > std::numeric_limits<std::int64_t>::max()) return Unexpected("so large a number");
    if (numbers_->size() >= SafetensorsHeader::kMaxDimensions) return Unexpected("a longer list");
    numbers_->push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (where_ == Where::kMetadata) {
      header_.metadata[field_] = value;
      return true;
    }
    if (where_ != Where::kEntry || field_ != "dtype") return Unexpected("a text");
    header_.entries.back().dtype = value;
    return true;
  }

  bool start_object(std::size_t /*elements*/) override {
    fields_.clear();
    if (where_ == Where::kBefore) {
      where_ = Where::kTop;
    } else if (where_ == Where::kTop && name_ == kMetadataKey) {
      where_ = Where::kMetadata;
    } else if (where_ == Where::kTop) {
      where_ = Where::kEntry;
      return AddEntry();
    } else {
      return Unexpected("an object");
    }
    return true;
  }

  bool key(string_t& value) override {
    std::set<std::string>& known = where_ == Where::kTop ? names_ : fields_;
    if (!known.insert(value).second) return Refuse(ShownName(value) + " appears twice");
    (where_ == Where::kTop ? name_ : field_) = value;
    return true;
  }

  bool end_object() override {
    if (where_ == Where::kEntry && !CheckEntry()) return false;
    where_ = where_ == Where::kTop ? Where::kAfter : Where::kTop;
    return true;
  }

  bool start_array(std::size_t /*elements*/) override {
    if (where_ != Where::kEntry || numbers_ != nullptr) return Unexpected("a list");
    SafetensorsEntry& entry = header_.entries.back();
    if (field_ == "shape") {
      numbers_ = &entry.shape;
    } else if (field_ == "data_offsets") {
      numbers_ = &entry.offsets;
    } else {
      return Unexpected("a list");
    }
    return true;
  }

  bool end_array() override {
    numbers_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    return Refuse("the header is not JSON, at its byte " + std::to_string(position));
  }

  Result<SafetensorsHeader> Take() {
    if (!refusal_.empty()) return InvalidArgument(refusal_);
    return std::move(header_);
  }

 private:
  enum class Where : std::uint8_t { kBefore, kTop, kMetadata, kEntry, kAfter };

  bool Refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

  bool Unexpected(const std::string& what) {
    if (where_ == Where::kBefore) return Refuse("the header is not an object");
    return Refuse("the header has " + what + " where none belongs, at " + ShownName(name_));
  }

  bool AddEntry() {
    if (header_.entries.size() >= Layout::kMaxEntries) {
      return Refuse("more than " + std::to_string(Layout::kMaxEntries) + " entries");
    }
    header_.entries.emplace_back().name = name_;
    return true;
  }

  bool CheckEntry() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields_.contains(field)) return Refuse(ShownName(name_) + " has no " + field);
    }
    if (header_.entries.back().offsets.size() == 2) return true;
    return Refuse("data_offsets of " + ShownName(name_) + " are not two numbers");
  }

  SafetensorsHeader header_;
  Where where_ = Where::kBefore;
  std::string name_;                              // the last key of the outer object
  std::string field_;                             // the last key of an inner object
  std::set<std::string> names_;                   // keys of the outer object so far
  std::set<std::string> fields_;                  // keys of the inner object so far
  std::vector<std::int64_t>* numbers_ = nullptr;  // the list being read
  std::string refusal_;
};

}  // namespace

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json) {
  HeaderHandler handler;
  Json::sax_parse(json.begin(), json.end(), &handler);
  return handler.Take();
}

}  // namespace consilium
