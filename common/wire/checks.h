/// The bounds that from_proto.cc and plan_from_proto.cc share. Private to this folder.
/// Errors: kInvalidArgument "field: what is wrong and what was expected".
#pragma once

#include "common/base/result.h"
#include "common/wire/enum_tables.h"
#include "common/wire/from_proto.h"

#include <string>

namespace consilium {

inline Status CheckText(const std::string& text, const char* field) {
  if (text.size() <= kMaxText) return OkStatus();
  return InvalidArgument(std::string(field) + ": a text of " + std::to_string(text.size()) +
                         " bytes, expected at most " + std::to_string(kMaxText));
}

inline Status CheckRange(std::int64_t value, std::int64_t low, std::int64_t high,
                         const char* field) {
  if (value >= low && value <= high) return OkStatus();
  return InvalidArgument(std::string(field) + ": " + std::to_string(value) + ", expected " +
                         std::to_string(low) + " to " + std::to_string(high));
}

inline Status CheckCount(std::int64_t value, const char* field) {
  return CheckRange(value, 0, kMaxCount, field);
}

template <typename Table, typename Wire>
auto CheckEnum(const Table& table, Wire wire, const char* field)
    -> Result<typename Table::value_type::first_type> {
  if (const auto found = PlainValue(table, wire)) return *found;
  return InvalidArgument(std::string(field) + ": the value " + std::to_string(wire) +
                         " is unknown to this version");
}

}  // namespace consilium
