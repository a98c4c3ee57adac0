#include "common/tensor_file/strided_view.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

constexpr std::uint64_t kAny = std::uint64_t{1} << 40;

TEST(StridedViewTest, LiesWithinAnArrayThatReachesItsLastElement) {
  const StridedView view{.offset = 2, .shape = {2, 3}, .strides = {10, 2}};
  EXPECT_EQ(view.CountWithin(17, kAny).value(), 6U);
  EXPECT_STATUS(view.CountWithin(16, kAny), StatusCode::kInvalidArgument, "reaches beyond");
}

TEST(StridedViewTest, WithoutElementsNeedsNoArray) {
  const StridedView view{.offset = 9, .shape = {0, 1 << 30}, .strides = {1 << 30, 1}};
  EXPECT_EQ(view.CountWithin(0, kAny).value(), 0U);
}

TEST(StridedViewTest, AScalarIsOneElement) {
  EXPECT_EQ(StridedView{.offset = 3}.CountWithin(4, kAny).value(), 1U);
  EXPECT_STATUS(StridedView{.offset = 4}.CountWithin(4, kAny), StatusCode::kInvalidArgument,
                "reaches beyond");
}

TEST(StridedViewTest, RepeatedElementsCountAgainstTheLimit) {
  const StridedView view{.shape = {100}, .strides = {0}};
  EXPECT_EQ(view.CountWithin(1, 100).value(), 100U);
  EXPECT_STATUS(view.CountWithin(1, 99), StatusCode::kInvalidArgument, "too large a shape");
}

TEST(StridedViewTest, IsContiguousWhateverTheStridesOfSingleRows) {
  EXPECT_TRUE((StridedView{.shape = {1, 3}, .strides = {77, 1}}.IsContiguous()));
  EXPECT_TRUE((StridedView{.shape = {2, 3}, .strides = {3, 1}}.IsContiguous()));
  EXPECT_FALSE((StridedView{.shape = {2, 3}, .strides = {1, 2}}.IsContiguous()));
}

TEST(StridedViewTest, GathersRowByRow) {
  const std::string array = "abcdef";
  const StridedView turned{.shape = {3, 2}, .strides = {1, 3}};
  EXPECT_EQ(AsText(turned.Gather(AsBytes(array), 1)), "adbecf");
  const StridedView pairs{.offset = 1, .shape = {2}, .strides = {1}};
  EXPECT_EQ(AsText(pairs.Gather(AsBytes(array), 2)), "cdef");
}

}  // namespace
}  // namespace consilium
