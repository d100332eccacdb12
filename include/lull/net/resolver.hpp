#pragma once

#include <lull/domain/time.hpp>
#include <lull/net/ip_address.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lull::net {

/// What a name resolved to, best address first (RFC 6724). Either addresses or an error.
struct Resolution {
  std::vector<IpAddress> addresses;
  std::string error;  ///< a sentence when there are no addresses
};

/// Turns names into addresses. Thread-safe.
class NameResolver {
 public:
  using Callback = std::function<void(Resolution)>;
  virtual ~NameResolver() = default;
  /// `done` is called exactly once: at once on the caller's thread when the answer is known, else on the resolver's
  /// thread, `deadline` from now at the latest. It must not block.
  virtual void resolve(const std::string& name, Millis deadline, Callback done) = 0;
  /// Runs `task` on the resolver's thread; on the caller's when the resolver has stopped.
  virtual void defer(std::function<void()> task) = 0;
  /// Answers everybody who waits, with an error, and runs what was deferred, before it returns. From then on whoever
  /// asks is answered on the caller's thread. Called by one thread, from no callback; safe to call again.
  virtual void stop() = 0;
};

struct ResolverSettings {
  Millis positiveTtl{10'000};
  Millis negativeTtl{1'000};
  Millis queryTimeout{2'000};      ///< of one query to one server, doubled at each of `tries`
  int tries = 3;                   ///< rounds over the servers
  std::size_t maxCached = 4096;    ///< names
  std::size_t maxInFlight = 1024;  ///< different names asked at the same time
  std::string servers;             ///< "127.0.0.1:5353,…" instead of /etc/resolv.conf; empty: the system's
};

/// Asks /etc/hosts and the system's name servers with c-ares on ONE thread, without a thread per query, so a name whose
/// server hangs delays no other. Answers are cached; callers of the same name share one query. The destructor stops.
class Resolver final : public NameResolver {
 public:
  explicit Resolver(ResolverSettings settings = {});
  ~Resolver() override;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void resolve(const std::string& name, Millis deadline, Callback done) override;
  void defer(std::function<void()> task) override;
  void stop() override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace lull::net
