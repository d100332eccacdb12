#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace lull::app {

/// Divides the descriptors that the process may open, so that clients never take those that deliveries and the store
/// need.
struct DescriptorPlan {
  std::size_t clients;    ///< connections to the API, to health and metrics
  std::size_t attempts;   ///< deliveries that run at once, those included that hang
  std::size_t keptAlive;  ///< idle connections to receivers
  std::size_t waiting;    ///< connections to the API whose requests are answered later
};

/// What is to be divided.
struct DescriptorNeeds {
  std::size_t concurrency;  ///< Delivery:MaxConcurrency
  std::size_t waiting;      ///< Mailboxes:MaxWaiting
};

/// `files` is what the process may open in all. Connections that wait get an eighth, and what the others leave.
DescriptorPlan planDescriptors(std::size_t files, const DescriptorNeeds& needs);

/// With so many files as many can wait as are set.
std::size_t filesFor(const DescriptorNeeds& needs);

/// A sentence for the log when fewer requests can wait than was set; nothing when all can.
std::optional<std::string> shortOfFiles(std::size_t files, const DescriptorNeeds& needs);

/// RLIMIT_NOFILE of this process.
std::size_t fileLimit();

}  // namespace lull::app
