#include "descriptor_plan.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace lull::app {

namespace {

// Reserved for: Redis (16 connections), listening sockets, loops, name servers, key documents and files; connections of
// the API that are just closing; second sockets of attempts that try both address families.
constexpr std::size_t kOwn = 128;
constexpr std::size_t kMostClients = 4096;
constexpr std::size_t kMostKeptAlive = 512;
constexpr std::size_t kLeastAttempts = 4096;

}  // namespace

DescriptorPlan planDescriptors(std::size_t files, std::size_t concurrency) {
  constexpr std::size_t kLeast = 64;
  const auto shared = std::max(files, 4 * kOwn) - kOwn;
  DescriptorPlan plan{};
  plan.clients = std::clamp(shared * 2 / 5, kLeast, kMostClients);
  const auto deliveries = shared - plan.clients;
  plan.keptAlive = std::min(deliveries / 4, kMostKeptAlive);
  // A hanging attempt takes no shared slot but still a socket, so many more attempts than Delivery:MaxConcurrency may
  // hold one.
  plan.attempts = std::min(deliveries - plan.keptAlive, std::max(8 * concurrency, kLeastAttempts));
  return plan;
}

std::size_t fileLimit() {
  rlimit files{};
  constexpr std::size_t kUnlimited = 1048576;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  return static_cast<std::size_t>(std::min<rlim_t>(files.rlim_cur, kUnlimited));
}

}  // namespace lull::app
