/// Events as JSON text: what the round stores keep.
///
/// {"at":1732290000000,"what":"update_spooled","site":"A","round":3,"digest":"…","images_used":120}
/// Documented in docs/formats/event_log.md. Histograms are written as pairs [bin, count]; numbers
/// that are not finite as "nan", "inf", "-inf". Doubles come back to the bit. Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/federation/round_engine.h"

#include <string>
#include <string_view>

namespace consilium {

std::string EncodeEvent(const Event& event);
/// Errors: kDataLoss naming the field; no size in the text is trusted.
Result<Event> DecodeEvent(std::string_view text);

}  // namespace consilium
