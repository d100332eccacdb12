#include "problem.hpp"

#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>
#include <lull/text/traceparent.hpp>

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

constexpr auto kTable = std::to_array<ProblemRow>({
    {ProblemKind::InvalidInput, 400, "invalid-input", "The request is not valid"},
    {ProblemKind::NotFound, 404, "not-found", "There is no such thing"},
    {ProblemKind::Conflict, 409, "conflict", "The state does not allow it"},
    {ProblemKind::PreconditionFailed, 412, "precondition-failed", "It has changed meanwhile"},
    {ProblemKind::IdempotencyMismatch, 422, "idempotency-mismatch", "The Idempotency-Key belongs to another request"},
    {ProblemKind::Unavailable, 503, "unavailable", "The service cannot answer now"},
    {ProblemKind::BadGateway, 502, "bad-gateway", "Another service gave no usable answer"},
    {ProblemKind::Internal, 500, "internal", "Something went wrong here"},
    {ProblemKind::MalformedRequest, 400, "malformed-request", "The request is not proper HTTP"},
    {ProblemKind::Unauthorized, 401, "unauthorized", "A valid credential is needed"},
    {ProblemKind::Forbidden, 403, "forbidden", "The credential lacks the role"},
    {ProblemKind::MethodNotAllowed, 405, "method-not-allowed", "The method is not allowed here"},
    {ProblemKind::RequestTimeout, 408, "request-timeout", "The request took too long to arrive"},
    {ProblemKind::BodyTooLarge, 413, "body-too-large", "The body is too large"},
    {ProblemKind::TargetTooLong, 414, "target-too-long", "The request target is too long"},
    {ProblemKind::UnsupportedMediaType, 415, "unsupported-media-type", "The media type is not understood here"},
    {ProblemKind::ExpectationFailed, 417, "expectation-failed", "The expectation cannot be met"},
    {ProblemKind::TooManyRequests, 429, "too-many-requests", "Too many requests"},
    {ProblemKind::MisdirectedRequest, 421, "misdirected-request", "This service does not go by that name"},
    {ProblemKind::HeadTooLarge, 431, "head-too-large", "The headers are too large"},
    {ProblemKind::NotImplemented, 501, "not-implemented", "The transfer coding is not understood"},
    {ProblemKind::NotOffered, 501, "not-offered", "The settings do not offer it"},
    {ProblemKind::VersionNotSupported, 505, "version-not-supported", "The HTTP version is not spoken here"},
});

constexpr std::string_view kRetryAfterSeconds = "2";

}  // namespace

std::span<const ProblemRow> problemTable() {
  return kTable;
}

const ProblemRow& rowOf(ProblemKind kind) {
  return *std::ranges::find(kTable, kind, &ProblemRow::kind);
}

ProblemKind kindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return ProblemKind::InvalidInput;
    case ErrorCode::NotFound:
      return ProblemKind::NotFound;
    case ErrorCode::Conflict:
      return ProblemKind::Conflict;
    case ErrorCode::PreconditionFailed:
      return ProblemKind::PreconditionFailed;
    case ErrorCode::IdempotencyMismatch:
      return ProblemKind::IdempotencyMismatch;
    case ErrorCode::Stale:
    case ErrorCode::Unavailable:
      return ProblemKind::Unavailable;
    case ErrorCode::Upstream:
      return ProblemKind::BadGateway;
    case ErrorCode::NotOffered:
      return ProblemKind::NotOffered;
    case ErrorCode::Internal:
      break;
  }
  return ProblemKind::Internal;
}

ProblemKind kindOfHeadFault(int status) {
  static constexpr auto kKinds = {ProblemKind::RequestTimeout,    ProblemKind::TargetTooLong,
                                  ProblemKind::ExpectationFailed, ProblemKind::HeadTooLarge,
                                  ProblemKind::NotImplemented,    ProblemKind::VersionNotSupported};
  for (const auto kind : kKinds) {
    if (rowOf(kind).status == status) return kind;
  }
  return ProblemKind::MalformedRequest;
}

http::Response problemResponse(const Problem& problem) {
  const auto& row = rowOf(problem.kind);
  http::Json body{{"type", "urn:lull:problem:" + std::string(row.slug)},
                  {"title", row.title},
                  {"status", row.status},
                  {"detail", problem.detail},
                  {"traceId", problem.traceId}};
  if (!problem.errors.empty()) {
    auto& errors = body["errors"] = http::Json::array();
    for (const auto& [pointer, detail] : problem.errors) errors.push_back({{"pointer", pointer}, {"detail", detail}});
  }
  auto response = http::jsonResponse(row.status, body);
  response.contentType = "application/problem+json";
  if (problem.kind == ProblemKind::Unavailable) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

std::string traceIdOf(std::optional<std::string_view> traceparent) {
  if (traceparent && text::isTraceparent(*traceparent)) return std::string(text::traceIdIn(*traceparent));
  return text::toHex(text::randomBytes(16));
}

}  // namespace lull::api
