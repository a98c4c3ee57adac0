#include "simulations/report/markup.h"

#include "simulations/report/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace consilium {
namespace {

TEST(MarkupTest, HtmlEscapesEveryCharacterThatMeansSomething) {
  EXPECT_EQ(EscapeHtml(R"(<b a='1' c="2">&amp;</b>)"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;&lt;/b&gt;");
}

TEST(MarkupTest, HtmlKeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(EscapeHtml("Søhne 漢 😀"), "Søhne 漢 😀");
  EXPECT_EQ(EscapeHtml("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(EscapeHtml("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(EscapeHtml("\xED\xA0\x80").find('\xED'), std::string::npos);  // a surrogate
  EXPECT_EQ(EscapeHtml("\xE6\xBC"), "\uFFFD\uFFFD");                      // cut short
}

TEST(MarkupTest, ControlCharactersDoNotPass) {
  EXPECT_EQ(EscapeHtml(std::string_view("a\0b\x1B"
                                        "c",
                                        5)),
            "a\uFFFDb\uFFFDc");
  EXPECT_EQ(EscapeHtml("a\nb\tc"), "a b c");
  EXPECT_EQ(EscapeHtml("\u0085"), "\uFFFD");
}

TEST(MarkupTest, LatexEscapesEveryCharacterThatMeansSomething) {
  EXPECT_EQ(EscapeLatex(R"(a\b{c}$d&e#f%g_h^i~j)"),
            R"(a\textbackslash{}b\{c\}\$d\&e\#f\%g\_h\textasciicircum{}i\textasciitilde{}j)");
  EXPECT_EQ(EscapeLatex("[*]"), "{[}{*}{]}");
}

TEST(MarkupTest, ShellWordsAreQuotedWhereNeeded) {
  EXPECT_EQ(QuoteForShell("a/b-1.csv"), "a/b-1.csv");
  EXPECT_EQ(QuoteForShell("a b"), "'a b'");
  EXPECT_EQ(QuoteForShell("it's; $(rm)"), R"('it'\''s; $(rm)')");
  EXPECT_EQ(QuoteForShell(""), "''");
}

TEST(NumberTextTest, ExactTextIsReadBackAsTheSameNumber) {
  for (const double value : {0.1, 2.0 / 3, -1e-300, 12345678.9}) {
    EXPECT_EQ(std::stod(ExactText(value)), value);
  }
  EXPECT_EQ(ExactText(std::nullopt), "");
  EXPECT_EQ(ExactText(std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(NumberTextTest, FixedTextHasNoNegativeZero) {
  EXPECT_EQ(FixedText(-0.0001, 3), "0.000");
  EXPECT_EQ(FixedText(-0.25, 1), "-0.2");
  EXPECT_EQ(FixedText(0.6125, 3), "0.613");
}

}  // namespace
}  // namespace consilium
