#pragma once

#include "input_errors.hpp"
#include "kept_reading.hpp"
#include "readiness.hpp"
#include "registration_input.hpp"

#include <lull/api/server.hpp>
#include <lull/auth/roles.hpp>
#include <lull/domain/result.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>
#include <lull/runtime/gate.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// The handlers by resource, each with the ports that it calls; all are shared by all threads. The shape is always the
/// same: parse → typed input → call a port → typed output. Errors become problem details at the edge. The route table
/// in routes.cpp says which request reaches which, and `Handlers` wires them.
namespace lull::api {

enum class MediaType : std::uint8_t { None, JsonText, Ndjson };

/// One authorised request on its way through a handler.
struct Call {
  const http::MessageHead& head;
  const auth::Principal& principal;
  std::string_view allowedQuery{};  ///< names of the query parameters that the route takes
  std::string id{};                 ///< what stands for {id} in the route's pattern, decoded
  std::string body{};               ///< the whole body, when the route takes one; a handler may free it after reading
  MediaType mediaType = MediaType::None;
  std::string createdId{};  ///< set by the handler: what the call made, for the audit line
};

/// events_handlers.cpp
struct EventsHandlers {
  ports::Admission& admission;
  const Catalogue& catalogue;

  Result<http::Response> publish(Call& call) const;
};

/// Writes registrations: what POST, PUT, PATCH, DELETE and the rotation of a secret have in common.
/// endpoint_changes_handlers.cpp
struct EndpointWriter {
  ports::EndpointStore& endpoints;
  ports::Destinations& destinations;
  ports::Clock& clock;
  Journal& journal;
  std::function<std::string()> makeSecret;

  /// Makes the changed registration of the stored one.
  using Change = std::function<Result<Registration>(const Endpoint& stored)>;

  /// Registers an endpoint, with a new secret unless the request brings one.
  Result<ports::CreateOutcome> create(Registration registration, const ports::CreateIdempotency& idempotency) const;
  /// Replaces the endpoint of the call by what the change makes of it, if the preconditions of the request hold.
  Result<Endpoint> change(const Call& call, const Change& change, ports::Resume resume) const;
  /// Gives the endpoint of the call a new secret, and returns that.
  Result<std::string> rotateSecret(const Call& call) const;
  /// Deletes the endpoint. Without a precondition it does so even when the registration cannot be read.
  Status remove(const Call& call) const;
};

/// endpoints_handlers.cpp
struct EndpointsHandlers {
  ports::EndpointStore& endpoints;
  const EndpointWriter& writer;
  const Vocabulary& vocabulary;
  std::string pathBase;

  Result<http::Response> create(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
};

/// endpoint_changes_handlers.cpp
struct EndpointChangesHandlers {
  ports::EndpointStore& endpoints;
  const EndpointWriter& writer;
  ports::Clock& clock;
  const Vocabulary& vocabulary;

  Result<http::Response> put(Call& call) const;
  Result<http::Response> patch(Call& call) const;
  Result<http::Response> remove(Call& call) const;
  Result<http::Response> getSecret(Call& call) const;
  Result<http::Response> rotateSecret(Call& call) const;

 private:
  Result<http::Response> changed(const Call& call, const EndpointWriter::Change& change, ports::Resume resume) const;
  Result<Registration> registrationFrom(const http::Json& body, const Endpoint& stored, InputErrors& errors) const;
};

/// test_send_handler.cpp
struct TestSendHandler {
  ports::EndpointStore& endpoints;
  ports::Channel& channel;
  ports::Clock& clock;
  const Catalogue& catalogue;
  Millis deliveryTimeout;  ///< of an endpoint that has none of its own
  const std::atomic<bool>& stopping;

  // Each test send occupies the thread of its request until the receiver has answered or the time is over: at most 16
  // of the 512 threads for at most 15 s. That is simpler than to hand a half-done request to another thread.
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kMostOfEndpoint = 4;
  runtime::Gate gate{kMost, kMostOfEndpoint};

  Result<http::Response> send(Call& call);

 private:
  Result<AttemptResult> deliverNow(ports::DeliveryRequest request) const;
};

/// queue_handlers.cpp
struct QueueHandlers {
  ports::QueueView& queue;

  Result<http::Response> listAttempts(Call& call) const;
  Result<http::Response> list(Call& call) const;
  Result<http::Response> retry(Call& call) const;
  Result<http::Response> purge(Call& call) const;
};

/// windows_handlers.cpp
struct WindowsHandlers {
  ports::Windows& windows;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> flush(Call& call) const;
};

/// dead_letters_handlers.cpp
struct DeadLettersHandlers {
  ports::DeadLetters& letters;
  ports::EndpointStore& endpoints;
  ports::Channel& channel;  ///< renders what would be sent
  const Catalogue& catalogue;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
  Result<http::Response> retryOne(Call& call) const;
  Result<http::Response> removeOne(Call& call) const;
  Result<http::Response> retryMany(Call& call) const;
  Result<http::Response> purgeMany(Call& call) const;
};

/// overview_handlers.cpp
struct CatalogueHandlers {
  const Catalogue& catalogue;

  Result<http::Response> list(Call& call) const;
};

/// overview_handlers.cpp
struct FormatsHandlers {
  const formats::Formats& formats;

  Result<http::Response> list(Call& call) const;
};

/// overview_handlers.cpp
struct AlertsHandlers {
  ports::AlertView& alerts;

  Result<http::Response> list(Call& call) const;
};

/// overview_handlers.cpp
struct StatsHandlers {
  ports::Stats& stats;
  ports::EndpointStore& endpoints;
  KeptReading<http::Response> kept{};  ///< one reading for all callers

  Result<http::Response> get(Call& call);
};

/// management_handlers.cpp
struct HealthHandlers {
  const Readiness& readiness;
  const std::atomic<bool>& stopping;

  Result<http::Response> live(Call& call) const;
  Result<http::Response> ready(Call& call) const;
};

/// management_handlers.cpp
struct MetricsHandlers {
  const Readiness& readiness;
  ports::Stats& stats;
  const Metrics& metrics;
  const Journal& journal;
  KeptReading<ports::FleetCounters> kept{};

  Result<http::Response> get(Call& call);
};

/// pages_handlers.cpp
struct PagesHandlers {
  std::string pathBase;
  std::string description;  ///< swagger.json with the address that it is served under

  explicit PagesHandlers(std::string base);
  Result<http::Response> getDescription(Call& call) const;
  Result<http::Response> getApiDocs(Call& call) const;
  Result<http::Response> getApiDocsFile(Call& call) const;
  Result<http::Response> leadToApiDocs(Call& call) const;
};

/// All handlers. Their parts outlive them.
struct Handlers {
  Handlers(const ApiDependencies& ports, const ApiSettings& settings, const Readiness& readiness,
           const std::atomic<bool>& stopping);

  Vocabulary vocabulary;
  EndpointWriter writer;
  EventsHandlers events;
  EndpointsHandlers endpoints;
  EndpointChangesHandlers endpointChanges;
  TestSendHandler testSend;
  QueueHandlers queue;
  WindowsHandlers windows;
  DeadLettersHandlers deadLetters;
  CatalogueHandlers catalogue;
  FormatsHandlers formats;
  AlertsHandlers alerts;
  StatsHandlers stats;
  HealthHandlers health;
  MetricsHandlers metrics;
  PagesHandlers pages;
};

}  // namespace lull::api
