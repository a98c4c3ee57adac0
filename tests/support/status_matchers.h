/// EXPECT_OK(expr), ASSERT_OK(expr), EXPECT_STATUS(expr, StatusCode::k..., "part of the message"),
/// CONSILIUM_ASSERT_OK_AND_ASSIGN(auto value, expr).
#pragma once

#include "common/base/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace consilium {

inline const Status& StatusOf(const Status& status) { return status; }
template <typename T>
const Status& StatusOf(const Result<T>& result) {
  return result.status();
}

}  // namespace consilium

#define EXPECT_OK(expression) EXPECT_EQ(::consilium::StatusOf(expression), ::consilium::OkStatus())
#define ASSERT_OK(expression) ASSERT_EQ(::consilium::StatusOf(expression), ::consilium::OkStatus())
#define EXPECT_STATUS(expression, expected_code, part)                             \
  do {                                                                             \
    const ::consilium::Status consilium_seen_ = ::consilium::StatusOf(expression); \
    EXPECT_EQ(consilium_seen_.code(), expected_code) << consilium_seen_;           \
    EXPECT_THAT(consilium_seen_.message(), ::testing::HasSubstr(part));            \
  } while (false)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define CONSILIUM_ASSERT_OK_AND_ASSIGN(declaration, expression)                        \
  CONSILIUM_ASSERT_OK_AND_ASSIGN_IMPL_(CONSILIUM_CONCAT_(consilium_result_, __LINE__), \
                                       declaration, expression)
#define CONSILIUM_ASSERT_OK_AND_ASSIGN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                                 \
  ASSERT_TRUE(result.ok()) << result.status();                                \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)
