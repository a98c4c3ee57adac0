#include "simulations/report/page_style.h"

#include "simulations/report/markup.h"
#include "simulations/report/method_style.h"

namespace consilium {
namespace {

constexpr std::string_view kLayout = R"css(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1d2430; --soft: #5b6573;
  --line: #d5dae1; --ground: #f5f7f9; --accent: #1b5fa8; --warn: #8a5a00; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 1120px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial,
  "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; margin: 3rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p, li { max-width: 46rem; }
a { color: var(--accent); }
.lead, .note { color: var(--soft); }
.note { font-size: .88rem; }
.warn { border-left: 3px solid var(--warn); padding: .3rem .8rem; background: var(--ground); }
nav { margin: 1.2rem 0 0; font-size: .92rem; }
nav a { margin-right: 1.1rem; white-space: nowrap; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.8rem, 1fr));
  gap: 1rem 1.5rem; margin: 1.6rem 0 0; padding: 1rem 1.2rem; background: var(--ground);
  border-radius: 6px; }
dl.facts div { min-width: 0; }
dl.facts dt { font-size: .78rem; color: var(--soft); }
dl.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .8rem 0 1.6rem; }
table { border-collapse: collapse; border-top: 2px solid var(--ink);
  border-bottom: 2px solid var(--ink); font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .35rem; white-space: nowrap; }
th, td { padding: .24rem .8rem .24rem 0; text-align: left; vertical-align: baseline; }
th { font-weight: 500; }
.results tbody th { min-width: 8rem; }
.plain td { white-space: nowrap; }
thead th { border-bottom: 1px solid var(--ink); white-space: nowrap; }
tbody + tbody { border-top: 1px solid var(--line); }
.num { text-align: right; padding-left: .8rem; padding-right: 0; white-space: nowrap; }
.sd { display: inline-block; min-width: 4.1em; padding-left: .4em; color: var(--soft); font-weight: 400;
  text-align: right; }
.best { font-weight: 700; }
.count, .seeds th { color: var(--soft); }
.paper { display: block; color: var(--soft); font-weight: 400; padding-right: 4.9em; }
.method { display: inline-block; width: 1em; text-align: center; }
.method span { font-size: .85em; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr));
  gap: 1.6rem 2.4rem; margin: 1.2rem 0; align-items: start; }
.figures.small { grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 1.2rem; }
figure { margin: 0; min-width: 0; }
.chart { display: block; max-width: 100%; height: auto; color: var(--ink); }
pre { background: var(--ground); padding: .9rem 1.1rem; border-radius: 6px; overflow-x: auto;
  font-size: .84rem; line-height: 1.45; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--accent); }
)css";

constexpr std::string_view kDark =
    "--paper: #12161c; --ink: #e6e9ee; --soft: #a2abb8; --line: #333b47; --ground: #1b212a; "
    "--accent: #7db4f0; --warn: #d9a441;";

constexpr std::string_view kPrint = R"css(
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; background: none; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  figure, table, pre, dl { break-inside: avoid; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
)css";

/// Dark ground is for screens: paper is white.
std::string Style() {
  std::string css(kLayout);
  std::string dark;
  for (const MethodStyle& look : MethodLooks()) {
    Append(css, {".", look.css_class, " { color: ", look.color, "; }\n"});
    Append(dark, {"  .", look.css_class, " { color: ", look.dark_color, "; }\n"});
  }
  Append(css, {"@media screen and (prefers-color-scheme: dark) {\n  :root { ", kDark, " }\n", dark,
               "}\n", kPrint});
  return css;
}

}  // namespace

std::string HtmlDocument(std::string_view title, std::string_view body) {
  return Concat({("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'\">\n<link rel=\"icon\" "
                  "href=\"data:,\">\n<title>"),
                 EscapeHtml(title), "</title>\n<style>", Style(), "</style>\n</head>\n<body>\n",
                 body, "</body>\n</html>\n"});
}

}  // namespace consilium
