/// OpenCV's process-wide settings, made once before its first use. Private to this folder.
#pragma once

namespace consilium {

/// Silences its log, and leaves threads to the callers. Threads: any, any number of times.
void PrepareOpenCv();

}  // namespace consilium
