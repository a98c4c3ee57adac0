/// Where the time of training steps goes. Seconds, summed over steps.
#pragma once

namespace consilium {

struct StepTimes {
  double data = 0;     ///< assembling batches, in threads beside the step
  double waiting = 0;  ///< the step stood still because its batch was not ready
  double forward = 0;
  double loss = 0;
  double backward = 0;
  double optimizer = 0;
};

}  // namespace consilium
