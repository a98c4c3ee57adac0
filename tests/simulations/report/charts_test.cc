#include "simulations/report/bar_chart.h"
#include "simulations/report/dot_plot.h"
#include "simulations/report/line_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const MethodStyles kStyles({"stl", "mdmt-central"});

DotPlot SmallPlot() {
  DotPlot plot;
  plot.id = "small";
  plot.title = "Accuracy";
  plot.description = "Two <methods>.";
  plot.value_name = "mean over 2 centers";
  plot.groups = {{"",
                  {{"stl", "stl", kStyles.Of("stl"), 0.62, std::pair(0.57, 0.67), {0.58, 0.66}},
                   {"mdmt-central",
                    "mdmt-central",
                    kStyles.Of("mdmt-central"),
                    std::nullopt,
                    std::nullopt,
                    {}}}}};
  return plot;
}

TEST(DotPlotTest, NamesAreEscaped) {
  DotPlot plot = SmallPlot();
  plot.groups[0].rows[0].label = "<script>";
  plot.groups[0].rows[0].name = "\"&";
  const std::string svg = DrawDotPlot(plot);
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(svg, HasSubstr("&quot;&amp;: 0.620 (0.570 to 0.670)"));
}

TEST(DotPlotTest, NothingDefinedStillDrawsAFrame) {
  DotPlot plot = SmallPlot();
  plot.groups[0].rows.erase(plot.groups[0].rows.begin());
  EXPECT_THAT(DrawDotPlot(plot), HasSubstr("–"));
}

TEST(SvgTest, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(Shortened("Söhne", 500), "Söhne");
  EXPECT_EQ(Shortened("Söhne", TextWidth("Sö…")), "Sö…");
  EXPECT_EQ(Shortened("Söhne", TextWidth("S…")), "S…");
  EXPECT_EQ(Shortened("Söhne", 0), "…");
}

TEST(DotPlotTest, LongLabelsStayInsideThePicture) {
  DotPlot plot = SmallPlot();
  plot.groups[0].rows[0].label = std::string(200, 'w');
  EXPECT_THAT(DrawDotPlot(plot), HasSubstr("w…</text>"));
}

TEST(BarChartTest, UndefinedValuesAreADash) {
  BarChart chart;
  chart.id = "bars";
  chart.groups = {"A", "B"};
  chart.series = {{"stl", kStyles.Of("stl"), {0.5, std::nullopt}, {0.1, std::nullopt}}};
  const std::string svg = DrawBarChart(chart);
  EXPECT_THAT(svg, HasSubstr("<title>A, stl: 0.500 ± 0.100</title>"));
  EXPECT_THAT(svg, HasSubstr(">–</text>"));
}

TEST(LineChartTest, EmptyChartsAndSinglePointsDraw) {
  LineChart chart;
  chart.id = "lines";
  EXPECT_THAT(DrawLineChart(chart), HasSubstr("<svg"));
  chart.curves = {{"stl", kStyles.Of("stl"), {{1, 0.5}}, {"one"}}};
  EXPECT_THAT(DrawLineChart(chart), HasSubstr("<title>one</title>"));
}

TEST(MethodStylesTest, KnownMethodsLookTheSameInEveryCompany) {
  const MethodStyles more({"zeta", "stl", "alpha"});
  EXPECT_EQ(more.Of("stl").css_class, kStyles.Of("stl").css_class);
}

TEST(MethodStylesTest, EightMethodsHaveEightLooks) {
  const std::vector<std::string> methods = {"local", "stl", "a", "b", "c", "d", "e", "f"};
  const MethodStyles styles(methods);
  std::set<std::string_view> colors;
  std::set<Marker> markers;
  for (const std::string& method : methods) {
    colors.insert(styles.Of(method).color);
    markers.insert(styles.Of(method).marker);
  }
  EXPECT_EQ(colors.size(), 8);
  EXPECT_EQ(markers.size(), 8);
}

TEST(MethodStylesTest, MoreMethodsThanLooksShareThem) {
  std::vector<std::string> methods;
  methods.reserve(20);
  for (int m = 0; m < 20; ++m) methods.push_back(std::to_string(m));
  const MethodStyles styles(methods);
  for (const std::string& method : methods) EXPECT_FALSE(styles.Of(method).color.empty());
}

}  // namespace
}  // namespace consilium
