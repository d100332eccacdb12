#include <lull/net/destinations.hpp>
#include <lull/net/url.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace lull::net {

namespace {

// Threads that serve the API wait here: names whose servers hang must not hold many of them.
constexpr std::size_t kMostWaiting = 16;

class Waiting {
 public:
  explicit Waiting(std::atomic<std::size_t>& count) : count_(count), before_(count.fetch_add(1)) {}
  ~Waiting() { count_.fetch_sub(1); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  std::size_t before() const { return before_; }

 private:
  std::atomic<std::size_t>& count_;
  const std::size_t before_;
};

}  // namespace

Status Destinations::judge(const std::string& url) {
  const auto target = parseUrl(url);
  if (!target) return target.error();
  if (auto refused = guard_.refusePort(target->port)) return invalidInput("/url", *std::move(refused));
  const Waiting waiting(waiting_);
  const auto promise = std::make_shared<std::promise<Resolution>>();
  auto resolved = promise->get_future();
  resolver_.resolve(target->lookupName(), deadline_,
                    [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
  if (resolved.wait_for(std::chrono::seconds(0)) != std::future_status::ready && waiting.before() >= kMostWaiting) {
    return Error{ErrorCode::Unavailable,
                 "Too many registrations wait for name servers that do not answer; try again in a few seconds."};
  }
  const auto resolution = resolved.get();  // the resolver answers by the deadline
  std::string reason;
  for (const auto& address : resolution.addresses) {
    auto refused = guard_.refuse(target->host, address, target->port);
    if (!refused) return Done{};
    if (reason.empty()) reason = *std::move(refused);
  }
  // The name does not resolve now, or not wholly: delivery will find out.
  if (reason.empty() || !resolution.complete) return Done{};
  return invalidInput("/url", std::move(reason));
}

}  // namespace lull::net
