/// The fold lists published with the paper, read as they are, their faults found and counted.
///
/// Layout   DIR/{AFC,BX}/all.txt, DIR/{AFC,BX}/5/0..4/{train,val,test}.txt,
///          DIR/AFC/loCo/0..5/..., DIR/BX/loCo/0..2/...; AFC: prognosis, BX: severity.
/// Format   ASCII, a header, fields separated by single blanks, so that two blanks hold an empty
///          field between them; ids are text (many exceed 2^63).
/// Faults   lost-zeros, empty-fields, trailing-blank, long-ids, ids-to-drop, left-out-ids,
///          mixed-makers (loCo), one-center-dominates.
/// Errors   kNotFound: a file is missing; kInvalidArgument "FILE:LINE: FIELD: what is wrong".
/// Threads  pure.
#pragma once

#include "simulations/protocols/fold.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace consilium {

enum class ListMode : std::uint8_t {
  kCorrected,    ///< what is wrong in the lists is put right
  kAsPublished,  ///< as the published code reads them
};
std::string_view ToString(ListMode mode);
/// Errors: kInvalidArgument "folds-mode: ...".
Result<ListMode> ParseListMode(std::string_view text);

enum class ListScheme : std::uint8_t { kFiveFold, kLeaveOneCenterOut };

/// Ids of one fold.
struct ListedFold {
  std::vector<std::string> train, validation, test;
};

struct PublishedLists {
  ListMode mode = ListMode::kCorrected;
  std::vector<ListedFold> prognosis, severity;
  std::map<std::string, std::string> center;  ///< of each id that any fold names
  std::map<std::string, std::string> scores;  ///< Brixia scores as written, without brackets
  std::set<std::string> prognosis_ids;        ///< of all.txt
  std::set<std::string> severity_ids;
  std::set<std::string> dropped;  ///< by `mode`
  std::vector<ListFault> faults;
};

Result<PublishedLists> ReadPublishedLists(const std::string& folder, ListScheme scheme,
                                          ListMode mode);

/// Six digits. Corrected: zeros on the left. As published: digits fill from the left end and the
/// missing ones are zero.
std::string SixZones(std::string_view written, ListMode mode);

/// The name of an image in the lists: its file's name without folder and extension.
std::string ListId(std::string_view image);

/// `dataset` with the scores as the published code reads them; shares the images.
Dataset WithPublishedScores(const Dataset& dataset, const PublishedLists& lists);

}  // namespace consilium
