#include "common/data/manifest.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

#include <string>

namespace consilium {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<TaskSpec> Tasks() { return {PrognosisTask(), BrixiaTask("zones").value()}; }

Result<Manifest> Parse(std::string_view text) { return ParseManifest(text, "d/m.csv", Tasks()); }

constexpr std::string_view kHeader = "image,patient_id,center,prognosis,brixia\n";
constexpr std::string_view kBothTasks = "a.png,p1,A,mild,\nb.png,p2,A,severe,012301\n";

std::string WithHeader(std::string_view rows, std::string_view more = {}) {
  std::string text(kHeader);
  return text.append(rows).append(more);
}

/// The message for kHeader, two good rows (lines 2 and 3) and `rows`.
std::string MessageFor(const std::string& rows) {
  const Result<Manifest> parsed = Parse(WithHeader(kBothTasks, rows));
  if (parsed.ok()) return "no error";
  EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument);
  return parsed.status().message();
}

std::string MessageForAll(const std::string& text) {
  const Result<Manifest> parsed = Parse(text);
  return parsed.ok() ? "no error" : parsed.status().message();
}

TEST(ManifestTest, ReadsLabelsOfEachTaskAndLeavesAbsentOnesEmpty) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Manifest m, Parse(WithHeader(kBothTasks)));
  ASSERT_EQ(m.samples.size(), 2U);
  EXPECT_EQ(m.folder, "d");
  EXPECT_THAT(m.lines, ElementsAre(2, 3));
  EXPECT_EQ(m.samples[1].image, "b.png");
  EXPECT_EQ(m.samples[1].patient, "p2");
  EXPECT_EQ(m.samples[1].center, "A");
  EXPECT_THAT(m.samples[0].labels[0], ElementsAre(0));
  EXPECT_THAT(m.samples[0].labels[1], IsEmpty());
  EXPECT_THAT(m.samples[1].labels[1], ElementsAre(0, 1, 2, 3, 0, 1));
  EXPECT_THAT(m.warnings, IsEmpty());
}

TEST(ManifestTest, TakesByteOrderMarkCrlfQuotesAndUnknownColumnsInAnyOrder) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Manifest m, Parse("\xEF\xBB\xBF"
                              "center,note,brixia,image,patient_id,prognosis\r\n"
                              "A,\"two\nlines, \"\"quoted\"\"\",000000,\"a,b.png\",p1,mild\r\n"
                              "\r\n"
                              "A,5\" film,,c.png,p2,severe"));
  ASSERT_EQ(m.samples.size(), 2U);
  EXPECT_EQ(m.samples[0].image, "a,b.png");
  EXPECT_THAT(m.samples[0].labels[1], ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(m.lines, ElementsAre(2, 5));
}

TEST(ManifestTest, NamesFolderOfAFileWithoutOne) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Manifest m,
                                 ParseManifest(WithHeader(kBothTasks), "m.csv", Tasks()));
  EXPECT_EQ(m.folder, ".");
}

TEST(ManifestTest, RefusesFileWithoutHeaderOrRows) {
  EXPECT_EQ(MessageForAll(""),
            "d/m.csv:1: header: the file is empty, expected columns "
            "image,patient_id,center,prognosis,brixia");
  EXPECT_EQ(MessageForAll(std::string(kHeader)),
            "d/m.csv:1: row: there is only a header, expected one row per image");
}

TEST(ManifestTest, RefusesMissingDoubledAndSemicolonColumns) {
  EXPECT_THAT(MessageForAll("image,patient_id,prognosis,brixia\n"),
              HasSubstr("d/m.csv:1: center: the column is missing, expected columns image,"));
  EXPECT_EQ(MessageForAll("image,patient_id,center,prognosis,brixia,image\n"),
            "d/m.csv:1: image: the column is there twice, expected it once");
  EXPECT_THAT(MessageForAll("image;patient_id;center;prognosis;brixia\n"),
              HasSubstr("d/m.csv:1: image: fields are parted by semicolons, expected commas"));
}

TEST(ManifestTest, RefusesRowsThatAreNotCsvOrNotText) {
  EXPECT_EQ(MessageFor("c.png,p3,A,mild\n"),
            "d/m.csv:4: row: has 4 fields, expected 5 as in the header");
  EXPECT_EQ(MessageFor("c.png,p3,A,\"mild\n,,\n"),
            "d/m.csv:4: row: a quote is opened and never closed, expected a closing quote");
  EXPECT_THAT(MessageFor("c.png,p3,A,\"mild\"x,\n"), HasSubstr("d/m.csv:4: row: text follows"));
  EXPECT_THAT(MessageFor(std::string("c.png,p\0,A,mild,\n", 17)),
              HasSubstr("d/m.csv:4: row: has bytes that are no text"));
  EXPECT_THAT(MessageFor("c.png,p\xE9,A,mild,\n"), HasSubstr("d/m.csv:4: row: has bytes"));
  EXPECT_THAT(MessageFor(std::string(70'000, 'x').append(",p3,A,mild,\n")),
              HasSubstr("d/m.csv:4: row: a field is over 64 KiB"));
}

TEST(ManifestTest, RefusesLabelsOutsideTheirRange) {
  EXPECT_EQ(MessageFor("c.png,p3,A,Severe,\n"),
            "d/m.csv:4: prognosis: label 'Severe' is none of its classes, expected mild or severe");
  EXPECT_EQ(MessageFor("c.png,p3,A,,2013\n"),
            "d/m.csv:4: brixia: score '2013' is not a string of 6 digits 0-3 (keep leading zeros)");
  EXPECT_THAT(MessageFor("c.png,p3,A,,012340\n"), HasSubstr("d/m.csv:4: brixia: score '012340'"));
}

TEST(ManifestTest, RefusesTaskWithoutAnyLabel) {
  EXPECT_EQ(MessageForAll(WithHeader("a.png,p1,A,mild,\nb.png,p2,A,severe,\n")),
            "d/m.csv:1: brixia: no image has a label, expected at least one");
}

TEST(ManifestTest, RefusesImagePathsThatAreNotBelowItsFolder) {
  EXPECT_EQ(MessageFor("/x/c.png,p3,A,mild,\n"),
            "d/m.csv:4: image: '/x/c.png' is absolute, expected a path relative to the manifest's "
            "folder");
  EXPECT_EQ(MessageFor("e/../../c.png,p3,A,mild,\n"),
            "d/m.csv:4: image: 'e/../../c.png' leaves the manifest's folder, expected a path below "
            "it");
  EXPECT_THAT(MessageFor("e/..,p3,A,mild,\n"), HasSubstr("names a folder"));
  EXPECT_THAT(MessageFor(",p3,A,mild,\n"), HasSubstr("d/m.csv:4: image: is empty"));
  EXPECT_THAT(MessageFor("\"c\n.png\",p3,A,mild,\n"), HasSubstr("control character"));
}

TEST(ManifestTest, RefusesPatientsAndCentersThatCannotBeNames) {
  EXPECT_THAT(MessageFor("c.png,,A,mild,\n"), HasSubstr("d/m.csv:4: patient_id: is empty"));
  EXPECT_EQ(MessageFor("c.png,p3,St. Mary,mild,\n"),
            "d/m.csv:4: center: 'St. Mary' is no center's name, expected 1 to 64 of "
            "A-Z a-z 0-9 . _ -");
  EXPECT_THAT(MessageFor("c.png,p3,..,mild,\n"), HasSubstr("d/m.csv:4: center: '..'"));
  EXPECT_THAT(MessageFor("c.png,p3,,mild,\n"), HasSubstr("d/m.csv:4: center: '' is empty"));
  EXPECT_THAT(MessageFor(std::string("c.png,p3,").append(65, 'a').append(",mild,\n")),
              HasSubstr("is no center's name"));
}

TEST(ManifestTest, RefusesSamePictureTwiceHoweverItIsWritten) {
  EXPECT_EQ(MessageFor("./e/../a.png,p3,A,mild,\n"),
            "d/m.csv:4: image: './e/../a.png' is in line 2 already, expected each picture once");
}

TEST(ManifestTest, RefusesPatientInTwoCentersWithoutNamingThePatient) {
  const std::string message = MessageFor("c.png,p1,B,mild,\n");
  EXPECT_EQ(message,
            "d/m.csv:4: patient_id: is at center 'B' here and at center 'A' in line 2, expected a "
            "patient at one center only");
}

TEST(ManifestTest, ReportsFaultsInTheDocumentedOrder) {
  const std::string patient = "c.png,p1,B,mild,\n";
  const std::string duplicate = "a.png,p3,A,mild,\n";
  const std::string label = "d.png,p4,A,bad,\n";
  EXPECT_THAT(MessageFor(patient + duplicate + label), HasSubstr(":6: prognosis:"));
  EXPECT_THAT(MessageFor(patient + duplicate), HasSubstr(":5: image:"));
  EXPECT_THAT(MessageFor(patient), HasSubstr(":4: patient_id:"));
}

TEST(ManifestTest, WarnsOfRowsWithoutLabelAndOfCentersWithOneClass) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Manifest m,
      Parse(WithHeader(kBothTasks, "c.png,p3,B,severe,\nd.png,p4,B,severe,\ne.png,p5,B,,\n")));
  EXPECT_EQ(m.samples.size(), 5U);
  EXPECT_THAT(m.warnings,
              ElementsAre("d/m.csv: 1 image has no label of any task and trains nothing",
                          "d/m.csv: prognosis: center B: every image is severe"));
}

TEST(ManifestTest, MissingFileIsWrongInput) {
  const Result<Manifest> read = ReadManifest("no/such/manifest.csv", Tasks());
  EXPECT_STATUS(read, StatusCode::kInvalidArgument, "no/such/manifest.csv");
}

}  // namespace
}  // namespace consilium
