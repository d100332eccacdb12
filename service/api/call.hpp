#pragma once

#include "input_errors.hpp"
#include "kept_reading.hpp"
#include "readiness.hpp"
#include "test_send_gate.hpp"

#include <lull/api/server.hpp>
#include <lull/auth/authenticator.hpp>
#include <lull/domain/result.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/response.hpp>

#include <atomic>
#include <string>
#include <string_view>

namespace lull::api {

/// What every handler works with: shared by all threads.
struct Services {
  const ApiSettings& settings;
  const ApiDependencies& ports;
  const Readiness& readiness;
  const std::atomic<bool>& stopping;
  const std::string& description;  ///< swagger.json with its servers filled in
  TestSendGate& testSends;
  KeptReading<ports::FleetCounters>& counters;  ///< for /metrics
  KeptReading<http::Response>& stats;           ///< the response of GET /stats, which is the same for everybody
};

enum class MediaType { None, JsonText, Ndjson };

/// One authorised request on its way through a handler.
struct Call {
  const Services& services;
  const http::MessageHead& head;
  const auth::Principal& principal;
  std::string_view allowedQuery{};  ///< names of the query parameters that the route takes
  std::string id{};                 ///< what stands for {id} in the route's pattern, decoded
  mutable std::string body{};       ///< read whole, when the route takes one; a handler that has read it may let it go
  MediaType mediaType = MediaType::None;
};

/// Parse → typed input → call a port → typed output. Errors become problem details at the edge.
using Handler = Result<http::Response> (*)(const Call&);

}  // namespace lull::api
