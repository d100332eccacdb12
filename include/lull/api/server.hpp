#pragma once

#include <lull/api/journal.hpp>
#include <lull/api/known_broker.hpp>
#include <lull/api/metrics.hpp>
#include <lull/auth/key_sets.hpp>
#include <lull/auth/settings.hpp>
#include <lull/auth/sign_in.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/domain/result.hpp>
#include <lull/formats/formats.hpp>
#include <lull/mailboxes/polls.hpp>
#include <lull/ports/admission.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/attempt_feed.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/dead_letters.hpp>
#include <lull/ports/history.hpp>
#include <lull/ports/items.hpp>
#include <lull/ports/jobs.hpp>
#include <lull/ports/letter_groups.hpp>
#include <lull/ports/mailboxes.hpp>
#include <lull/ports/queue_view.hpp>
#include <lull/ports/registry.hpp>
#include <lull/ports/sources.hpp>
#include <lull/ports/stats.hpp>
#include <lull/ports/windows.hpp>
#include <lull/runtime/deadline.hpp>
#include <lull/synchronous/calls.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lull::api {

/// An address to listen on. `host` is "*" (every interface), "localhost" (127.0.0.1, and ::1 where there is one) or an
/// IP literal without brackets. Port 0 lets the system choose.
struct ListenOn {
  std::string host;
  std::uint16_t port = 0;
};

/// An address that is listened on.
struct BoundAddress {
  std::string host;  ///< IP literal without brackets
  std::uint16_t port = 0;
  bool management = false;  ///< serves health and metrics only

  std::string url() const;  ///< "http://127.0.0.1:8080", "http://[::1]:8080"
};

/// One line of `lull print-config`: secrets are already replaced.
struct ShownSetting {
  std::string key;
  std::string value;
  std::string source;
};

struct MailboxSettings {
  bool allowPublish = false;  ///< Mailboxes:AllowPublish
  /// Mailboxes:PublishType: by topic, the internal event that a publication becomes; else the topic's first one.
  std::map<std::string, std::string> publishTypes{};
};

struct ApiSettings {
  std::vector<ListenOn> listen;
  std::vector<ListenOn> management;  ///< empty: health and metrics are served on `listen`
  std::string pathBase;              ///< "" or "/something", no slash at the end
  auth::AuthSettings auth;
  /// Names in the Host header that are served: "name", "*.below.it", "*". Empty: any name, but in AuthMode::None
  /// only loopback names and address literals.
  std::vector<std::string> allowedHosts;
  std::vector<std::string> corsOrigins;  ///< "https://console.example.com": pages of these may call and read
  std::size_t maxConnections = 1024;     ///< of clients, those to `management` included
  std::size_t maxWaiting = 10000;        ///< connections besides, whose requests are answered later
  std::size_t maxBodyBytes = 1048576;
  std::size_t inFlightBytes = 67108864;  ///< of request bodies, and again of large replies, that the process may hold
  unsigned requestsPerSecond = 0;        ///< of one principal; 0: no limit
  std::string version;
  std::vector<ShownSetting> shown;  ///< what it was started with, in the order of `lull print-config`
  Millis deliveryTimeout{15000};    ///< Delivery:Timeout, for the test send of an endpoint that has none of its own
  MailboxSettings mailboxes{};
  std::vector<KnownBroker> brokers{};
};

/// The ports that the API calls. All outlive the server and are thread-safe.
struct ApiDependencies {
  ports::Admission& admission;
  synchronous::Calls& calls;
  ports::Windows& windows;
  ports::EndpointStore& endpoints;
  ports::QueueView& queue;
  ports::AttemptFeed& attempts;
  ports::DeadLetters& deadLetters;
  ports::Items& items;
  ports::LetterGroups& letterGroups;
  ports::Jobs& jobs;
  ports::Stats& stats;
  ports::History& history;
  ports::AlertView& alerts;
  ports::Sources& sources;
  const ports::Brokers& brokers;
  ports::Mailboxes& mailboxes;
  lull::mailboxes::Polls& polls;
  ports::Channel& channel;            ///< test sends, and the body of a dead letter
  ports::Destinations& destinations;  ///< judges an endpoint's url
  ports::Clock& clock;
  const Catalogue& catalogue;
  const formats::Formats& formats;
  Metrics& metrics;
  Journal& journal;
  std::function<std::string()> makeSecret;  ///< a new "whsec_…" signing secret
  auth::KeySets* keySets = nullptr;         ///< auth::AuthMode::Jwt needs it
  auth::SignIn* signIn = nullptr;           ///< of the console's users; nullptr: they bring a credential
  /// The clock for the times in tokens: the clock of their issuer is a wall clock, not the fleet's.
  std::function<Instant()> wallClock = [] {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  };
};

/// The REST API, health, metrics and the API's pages. start() and stop() are called by one thread, once each.
class ApiServer {
 public:
  ApiServer(ApiSettings settings, ApiDependencies dependencies);
  ~ApiServer();  ///< stops
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  /// Binds every address, then serves on threads of its own. The addresses come in the order of the settings, first
  /// those of `listen`. An error names the address, what is wrong with it and what to do; nothing is served then.
  Result<std::vector<BoundAddress>> start();

  /// Starts as start() does, but until storeIsThere() every request that needs the store is answered 503, and readiness
  /// is refused, with the reason that awaitStore() gave last.
  Result<std::vector<BoundAddress>> startWithoutStore();
  void awaitStore(const std::string& reason);
  void storeIsThere();

  /// Takes no more connections, closes idle ones, and reads no more than has arrived. Never blocks. Running requests
  /// are answered; a client that does not read its answer is given up after a second.
  void stopIntake();
  /// Waits until all running requests are answered; false when some are not at `until`.
  bool awaitReplies(const runtime::Deadline& until);
  /// Calls stopIntake(), then ends all connections; requests that can be answered at once still are. It waits for
  /// running handlers, so the ports that they call must fail or answer by now. Safe to call twice.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::api
