#!/usr/bin/env python3
"""Holds a report's page against the summary.json of its study.

    check_report.py PAGE.html STUDY_FOLDER

PAGE.html is the file, or the document that a browser made of it. Exits with 0 if every aggregate
of every metric shown is in the page, exact in its attributes and rounded in its text, and nothing
else is; every marker of the figures of methods and centers says and stands at its value, by the
ticks of its axis; the page fetches nothing and runs nothing; ids are unique; every picture has a title and a
description; and no name of a patient's picture is in it.
"""
import csv
import html.parser
import json
import pathlib
import re
import sys

METRICS = {"prognosis": ["accuracy", "f1", "gmean", "auroc"],
           "brixia": ["zone_accuracy", "l1", "mse", "correlation"]}


class Figures(html.parser.HTMLParser):
    """Per id of a picture: ticks (text, x, y) and markers (said, x, y)."""

    def __init__(self):
        super().__init__()
        self.ticks = {}
        self.markers = {}
        self.picture = self.place = self.said = self.text = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "svg":
            self.picture = attributes["id"]
            self.ticks[self.picture], self.markers[self.picture] = [], []
        elif tag == "text":
            self.text = (float(attributes["x"]), float(attributes["y"]), attributes["font-size"])
        elif tag in ("circle", "polygon", "path"):
            self.place = middle(attributes)
        elif tag == "title":
            self.said = ""

    def handle_endtag(self, tag):
        if tag == "title" and self.said is not None:
            if self.picture and self.place:
                self.markers[self.picture].append((self.said, *self.place))
            self.said = None
        elif tag in ("circle", "polygon", "path"):
            self.place = None
        elif tag == "text":
            self.text = None
        elif tag == "svg":
            self.picture = None

    def handle_data(self, data):
        if self.said is not None:
            self.said += data
        elif self.text and self.text[2] == "11" and re.fullmatch(r"-?[0-9.]+", data):
            self.ticks[self.picture].append((float(data), self.text[0], self.text[1] - 4))


def middle(attributes):
    """Of a marker's extent; a triangle's is moved downwards, which only its height shows."""
    if "cx" in attributes:
        return float(attributes["cx"]), float(attributes["cy"])
    numbers = [float(n) for n in re.findall(r"-?[0-9.]+", attributes.get("points")
                                            or attributes["d"])]
    xs, ys = numbers[0::2], numbers[1::2]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def check_markers(figures, summary):
    """Faults of the figures methods_* (values to the right) and centers_* (upwards)."""
    faults = []
    compared = 0
    for aggregate in summary["aggregate"]:
        over_all = aggregate["left_out"] is None
        for metric in METRICS[aggregate["task"]]:
            mean = aggregate["mean"][metric]
            picture = (f"{'methods' if over_all else 'centers'}_loco_{aggregate['task']}_{metric}")
            if mean is None or picture not in figures.markers:
                continue
            label = ("" if over_all else aggregate["left_out"] + ", ") + aggregate["method"] + ": "
            found = [m for m in figures.markers[picture] if m[0].startswith(label)]
            if len(found) != 1 or not found[0][0].startswith(f"{label}{mean:.3f}"):
                faults.append(f"{picture}: {label}{mean:.3f}: {found}")
                continue
            axis = 1 if over_all else 2
            ticks = figures.ticks[picture]
            (low, *at_low), (high, *at_high) = ticks[0], ticks[-1]
            share = (mean - low) / (high - low)
            start, end = at_low[axis - 1], at_high[axis - 1]
            place = start + share * (end - start)
            if abs(place - found[0][axis]) > (0.1 if over_all else 1.6):
                faults.append(f"{picture}: {label}: stands at {found[0][axis]}, not at {place}")
            compared += 1
    if compared == 0:
        faults.append("no marker compared")
    return faults


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.cells = []
        self.ids = []
        self.faults = []
        self.pictures = 0
        self.table = self.row = self.cell = None
        self.picture = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in ("script", "img", "iframe", "object", "embed"):
            self.faults.append(f"<{tag}>")
        for name, value in attributes.items():
            outside = re.match(r"\s*(https?:|//|javascript:|file:)", value or "")
            if name.startswith("on") or (outside and name != "xmlns"):
                self.faults.append(f"{tag} {name}={value}")
        if tag == "table":
            self.table = attributes if "data-metric" in attributes else None
        elif tag == "tr":
            self.row = attributes
        elif tag == "td" and self.table and "data-mean" in attributes:
            self.cell = attributes | {"text": ""}
            self.cells.append((self.table, self.row, self.cell))
        elif tag == "svg":
            self.picture = set()
            self.pictures += 1
        elif self.picture is not None and tag in ("title", "desc") and "id" in attributes:
            self.picture.add(tag)

    def handle_endtag(self, tag):
        if tag == "td":
            self.cell = None
        elif tag == "svg":
            if self.picture != {"title", "desc"}:
                self.faults.append("a picture without title and description")
            self.picture = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell["text"] += data


def number(text):
    return float(text) if text else None


def expected_text(mean, deviation):
    text = "–" if mean is None else f"{mean:.3f}"
    return text + ("" if deviation is None else f"± {deviation:.3f}")


def main():
    page_file, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    text = pathlib.Path(page_file).read_text(encoding="utf-8")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    page = Page()
    page.feed(text)
    page.close()
    faults = page.faults

    shown = {}
    for table, row, cell in page.cells:
        key = (table["data-task"], table["data-metric"], row["data-left-out"] or None,
               cell["data-method"], cell["data-backbone"])
        values = ("data-mean", "data-sd")
        if key in shown and any(shown[key][v] != cell[v] for v in values):
            faults.append(f"twice and different: {key}")
        shown.setdefault(key, cell)
    for aggregate in summary["aggregate"]:
        for metric in METRICS[aggregate["task"]]:
            key = (aggregate["task"], metric, aggregate["left_out"], aggregate["method"],
                   aggregate["backbone"])
            cell = shown.pop(key, None)
            if cell is None:
                faults.append(f"missing: {key}")
                continue
            mean = aggregate["mean"][metric]
            deviation = aggregate["sd_seeds" if aggregate["left_out"] else "sd_centers"][metric]
            if (number(cell["data-mean"]), number(cell["data-sd"])) != (mean, deviation):
                faults.append(f"{key}: {cell}, expected {mean}, {deviation}")
            written = cell["text"].split("paper")[0].strip()
            if written != expected_text(mean, deviation):
                faults.append(f"{key}: '{written}', expected '{expected_text(mean, deviation)}'")
    # A model that lacks a center shows a dash there.
    faults += [f"not in summary.json: {key}" for key, cell in shown.items() if cell["data-mean"]]

    figures = Figures()
    figures.feed(text)
    faults += check_markers(figures, summary)
    if len(set(page.ids)) != len(page.ids):
        faults.append(f"ids that are not unique: {[i for i in page.ids if page.ids.count(i) > 1]}")
    if page.pictures == 0:
        faults.append("no pictures")
    for file in folder.glob("predictions/*.csv"):
        with open(file, encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["image"] in text or pathlib.PurePath(row["image"]).name in text:
                    faults.append(f"the name of a picture: {row['image']}")
    print("\n".join(faults[:20]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
