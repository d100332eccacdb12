#pragma once

#include <cstddef>

namespace lull::app {

/// Divides the descriptors that the process may open, so that clients never take those that deliveries and the store
/// need.
struct DescriptorPlan {
  std::size_t clients;    ///< connections to the API, to health and metrics
  std::size_t attempts;   ///< deliveries that run at once, those included that hang
  std::size_t keptAlive;  ///< idle connections to receivers
};

/// `files` is what the process may open in all, `concurrency` is Delivery:MaxConcurrency.
DescriptorPlan planDescriptors(std::size_t files, std::size_t concurrency);

/// RLIMIT_NOFILE of this process.
std::size_t fileLimit();

}  // namespace lull::app
