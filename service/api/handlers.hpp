#pragma once

#include "call.hpp"

/// The handlers, one file per resource. The route table in routes.cpp says which call reaches which.
namespace lull::api {

// endpoints_handlers.cpp
Result<Reply> createEndpoint(const Call& call);
Result<Reply> listEndpoints(const Call& call);
Result<Reply> getEndpoint(const Call& call);

// endpoint_changes_handlers.cpp
Result<Reply> putEndpoint(const Call& call);
Result<Reply> patchEndpoint(const Call& call);
Result<Reply> deleteEndpoint(const Call& call);
Result<Reply> getSecret(const Call& call);
Result<Reply> rotateSecret(const Call& call);

// test_send_handler.cpp
Result<Reply> testEndpoint(const Call& call);

// queue_handlers.cpp
Result<Reply> listAttempts(const Call& call);
Result<Reply> listQueue(const Call& call);
Result<Reply> retryQueue(const Call& call);
Result<Reply> purgeQueue(const Call& call);

// events_handlers.cpp
Result<Reply> publishEvents(const Call& call);

// catalogue_handlers.cpp
Result<Reply> listChangeTypes(const Call& call);

// windows_handlers.cpp
Result<Reply> listWindows(const Call& call);
Result<Reply> flushWindows(const Call& call);

// dead_letters_handlers.cpp
Result<Reply> listDeadLetters(const Call& call);
Result<Reply> getDeadLetter(const Call& call);
Result<Reply> retryDeadLetter(const Call& call);
Result<Reply> deleteDeadLetter(const Call& call);
Result<Reply> retryDeadLetters(const Call& call);
Result<Reply> purgeDeadLetters(const Call& call);

// stats_handlers.cpp
Result<Reply> getStats(const Call& call);

// alerts_handlers.cpp
Result<Reply> listAlerts(const Call& call);

// management_handlers.cpp
Result<Reply> getLive(const Call& call);
Result<Reply> getReady(const Call& call);
Result<Reply> getMetrics(const Call& call);

// pages_handlers.cpp
Result<Reply> getDescription(const Call& call);
Result<Reply> getApiDocs(const Call& call);
Result<Reply> getApiDocsFile(const Call& call);
Result<Reply> leadToApiDocs(const Call& call);

}  // namespace lull::api
