#pragma once

#include "call.hpp"

/// The handlers, one file per resource. The route table in routes.cpp says which call reaches which.
namespace lull::api {

// endpoints_handlers.cpp
Result<http::Response> createEndpoint(const Call& call);
Result<http::Response> listEndpoints(const Call& call);
Result<http::Response> getEndpoint(const Call& call);

// endpoint_changes_handlers.cpp
Result<http::Response> putEndpoint(const Call& call);
Result<http::Response> patchEndpoint(const Call& call);
Result<http::Response> deleteEndpoint(const Call& call);
Result<http::Response> getSecret(const Call& call);
Result<http::Response> rotateSecret(const Call& call);

// test_send_handler.cpp
Result<http::Response> testEndpoint(const Call& call);

// queue_handlers.cpp
Result<http::Response> listAttempts(const Call& call);
Result<http::Response> listQueue(const Call& call);
Result<http::Response> retryQueue(const Call& call);
Result<http::Response> purgeQueue(const Call& call);

// events_handlers.cpp
Result<http::Response> publishEvents(const Call& call);

// catalogue_handlers.cpp
Result<http::Response> listChangeTypes(const Call& call);

// windows_handlers.cpp
Result<http::Response> listWindows(const Call& call);
Result<http::Response> flushWindows(const Call& call);

// dead_letters_handlers.cpp
Result<http::Response> listDeadLetters(const Call& call);
Result<http::Response> getDeadLetter(const Call& call);
Result<http::Response> retryDeadLetter(const Call& call);
Result<http::Response> deleteDeadLetter(const Call& call);
Result<http::Response> retryDeadLetters(const Call& call);
Result<http::Response> purgeDeadLetters(const Call& call);

// stats_handlers.cpp
Result<http::Response> getStats(const Call& call);

// alerts_handlers.cpp
Result<http::Response> listAlerts(const Call& call);

// management_handlers.cpp
Result<http::Response> getLive(const Call& call);
Result<http::Response> getReady(const Call& call);
Result<http::Response> getMetrics(const Call& call);

// pages_handlers.cpp
Result<http::Response> getDescription(const Call& call);
Result<http::Response> getApiDocs(const Call& call);
Result<http::Response> getApiDocsFile(const Call& call);
Result<http::Response> leadToApiDocs(const Call& call);

}  // namespace lull::api
