#pragma once

#include <lull/domain/time.hpp>
#include <lull/net/ip_address.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lull::net {

/// What a name resolved to, each family's best address first (RFC 6724), IPv6 before IPv4. Either addresses or an
/// error.
struct Resolution {
  std::vector<IpAddress> addresses{};
  std::string error{};     ///< a sentence when there are no addresses
  bool complete = true;    ///< false when the answer for the other family has not arrived yet
  bool exhausted = false;  ///< the error is ours: too many names are being resolved
};

/// Turns names into addresses. Thread-safe.
class NameResolver {
 public:
  using Callback = std::function<void(Resolution)>;
  virtual ~NameResolver() = default;
  /// `done` is called exactly once: at once on the caller's thread when the answer is known, else on the resolver's
  /// thread, `deadline` from now at the latest. It must not block. A name that ends with a dot is absolute: no search
  /// domain is tried.
  virtual void resolve(const std::string& name, Millis deadline, Callback done) = 0;
  /// Runs `task` on the resolver's thread; on the caller's when the resolver has stopped.
  virtual void defer(std::function<void()> task) = 0;
  /// Answers all waiting callers with an error, and runs the deferred tasks, before it returns. Later calls are
  /// answered on the caller's thread. Called by one thread, from no callback; safe to call again.
  virtual void stop() = 0;
};

struct ResolverSettings {
  Millis positiveTtl{10'000};
  Millis negativeTtl{1'000};
  Millis queryTimeout{2'000};    ///< of one query to one server, doubled at each of `tries`
  int tries = 3;                 ///< rounds over the servers
  std::size_t maxCached = 4096;  ///< names
  /// The most names that are asked for at the same time. It is larger than the number of endpoints, so that names whose
  /// servers hang never delay others.
  std::size_t maxInFlight = 16'384;
  Millis otherFamily{50};  ///< how long an answer waits for the answer of the other family (RFC 8305 section 3)
  Millis patience{700};    ///< how long a name waits for its turn when maxInFlight are being asked
  std::string servers;     ///< "127.0.0.1:5353,…" instead of /etc/resolv.conf; empty: the system's
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
