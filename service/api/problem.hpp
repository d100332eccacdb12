#pragma once

#include <lull/domain/result.hpp>
#include <lull/http/response.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lull::api {

/// Every kind of failure that a client can be told.
enum class ProblemKind {
  InvalidInput,
  NotFound,
  Conflict,
  PreconditionFailed,
  IdempotencyMismatch,
  Unavailable,
  BadGateway,
  Internal,
  MalformedRequest,
  Unauthorized,
  Forbidden,
  MethodNotAllowed,
  RequestTimeout,
  BodyTooLarge,
  TargetTooLong,
  MisdirectedRequest,
  UnsupportedMediaType,
  ExpectationFailed,
  TooManyRequests,
  HeadTooLarge,
  NotImplemented,
  VersionNotSupported,
  NotOffered,
};

/// One row of the one table from failures to the wire.
struct ProblemRow {
  ProblemKind kind;
  int status;
  std::string_view slug;  ///< `type` is urn:lull:problem:<slug>
  std::string_view title;
};

std::span<const ProblemRow> problemTable();
const ProblemRow& rowOf(ProblemKind kind);
ProblemKind kindOf(ErrorCode code);
ProblemKind kindOfHeadFault(int status);

struct Problem {
  ProblemKind kind = ProblemKind::Internal;
  std::string detail;
  std::vector<FieldError> errors{};
  std::string traceId{};
};

/// RFC 9457 `application/problem+json`; 503 carries Retry-After.
http::Response problemResponse(const Problem& problem);

/// The trace id of a valid W3C `traceparent`, else a new random one.
std::string traceIdOf(std::optional<std::string_view> traceparent);
}  // namespace lull::api
