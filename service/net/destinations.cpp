#include <lull/net/destinations.hpp>
#include <lull/net/target.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace lull::net {

Status Destinations::judge(const std::string& url) {
  const auto target = parseTarget(url);
  if (!target) return target.error();
  if (auto refused = guard_.refusePort(target->port)) return invalidInput("/url", *std::move(refused));
  // The place is taken before the name is asked for, so that nobody comes in between; a known name needs none.
  const auto pass = waiting_.enter();
  const auto promise = std::make_shared<std::promise<Resolution>>();
  auto resolved = promise->get_future();
  resolver_.resolve(target->lookupName(), deadline_,
                    [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
  if (!pass.in() && resolved.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
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
  // The name does not resolve now, or only in part: the URL is accepted and judged again at delivery.
  if (reason.empty() || !resolution.complete) return Done{};
  return invalidInput("/url", std::move(reason));
}

}  // namespace lull::net
