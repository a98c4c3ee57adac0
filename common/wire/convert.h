/// Plain structs <-> protobuf messages: total conversions out, validated ones in. To be completed.
#pragma once
