/// SCAFFOLD at a site: which control entries travel, stay, and follow from a round's steps.
///
/// A blob of controls has entries "control.<parameter>" (strategies/scaffold.h). Without controls in
/// the run every function here is given, and gives, blobs without entries.
/// Threads: pure. Source: Karimireddy et al. 2020 (arXiv 1910.06378), option II.
#pragma once

#include "common/base/result.h"
#include "common/federation/parameter_blob.h"

namespace consilium {

/// The control entries of `state`, or all others.
Result<ParameterBlob> ControlsIn(const ParameterBlob& state);
Result<ParameterBlob> WithoutControls(const ParameterBlob& state);
/// The entries of both, `first` before `second`.
Result<ParameterBlob> Joined(ParameterBlob first, const ParameterBlob& second);

/// What each gradient is corrected by, under the parameter's own name: c - c_s.
Result<ParameterBlob> Correction(const ParameterBlob& global_controls,
                                 const ParameterBlob& own_controls);

struct NewControls {
  ParameterBlob own;   ///< c_s+
  ParameterBlob sent;  ///< c + (c_s+ - c_s)
};
/// `before` and `after` hold the controlled parameters; `step_lengths` K eta for each control, 0 for
/// a parameter that did not step: its control stays.
Result<NewControls> AfterRound(const ParameterBlob& global_controls,
                               const ParameterBlob& own_controls, const ParameterBlob& before,
                               const ParameterBlob& after, const std::vector<double>& step_lengths);

}  // namespace consilium
