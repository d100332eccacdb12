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

// A hanging attempt takes no shared slot but still a socket, so many more attempts than Delivery:MaxConcurrency may
// hold one.
std::size_t mostAttempts(const DescriptorNeeds& needs) {
  return std::max(8 * needs.concurrency, kLeastAttempts);
}

}  // namespace

DescriptorPlan planDescriptors(std::size_t files, const DescriptorNeeds& needs) {
  constexpr std::size_t kLeast = 64;
  const auto all = std::max(files, 4 * kOwn) - kOwn;
  DescriptorPlan plan{};
  plan.waiting = std::min(all / 8, needs.waiting);
  const auto shared = all - plan.waiting;
  plan.clients = std::clamp(shared * 2 / 5, kLeast, kMostClients);
  const auto deliveries = shared - plan.clients;
  plan.keptAlive = std::min(deliveries / 4, kMostKeptAlive);
  plan.attempts = std::min(deliveries - plan.keptAlive, mostAttempts(needs));
  const auto left = deliveries - plan.keptAlive - plan.attempts;
  plan.waiting += std::min(left, needs.waiting - plan.waiting);
  return plan;
}

std::size_t filesFor(const DescriptorNeeds& needs) {
  return kOwn + kMostClients + kMostKeptAlive + mostAttempts(needs) + needs.waiting;
}

std::optional<std::string> shortOfFiles(std::size_t files, const DescriptorNeeds& needs) {
  const auto waiting = planDescriptors(files, needs).waiting;
  if (waiting >= needs.waiting) return std::nullopt;
  return "This process may open " + std::to_string(files) + " files, so " + std::to_string(waiting) +
         " calls can wait for messages of mailboxes instead of the " + std::to_string(needs.waiting) +
         " of Mailboxes:MaxWaiting. Set the hard limit to at least " + std::to_string(filesFor(needs)) +
         " (`ulimit -Hn`, LimitNOFILE of systemd, --ulimit nofile of Docker), or lower Mailboxes:MaxWaiting.";
}

std::size_t fileLimit() {
  rlimit files{};
  constexpr std::size_t kUnlimited = 1048576;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  return static_cast<std::size_t>(std::min<rlim_t>(files.rlim_cur, kUnlimited));
}

}  // namespace lull::app
