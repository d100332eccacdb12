#include <lull/net/destinations.hpp>
#include <lull/net/url.hpp>

#include <future>
#include <memory>
#include <utility>

namespace lull::net {

Status Destinations::judge(const std::string& url) {
  const auto target = parseUrl(url);
  if (!target) return target.error();
  if (auto refused = guard_.refusePort(target->port)) return invalidInput("/url", *std::move(refused));
  const auto promise = std::make_shared<std::promise<Resolution>>();
  auto resolved = promise->get_future();
  resolver_.resolve(target->lookupName(), deadline_,
                    [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
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
