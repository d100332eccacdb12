#include "events/events_handlers.hpp"

#include "endpoints/representations.hpp"
#include "events/cloud_event_parser.hpp"
#include "events/event_parser.hpp"

#include <lull/http/json.hpp>

namespace lull::api {

namespace {

// A body of so many bytes is kept while its events are committed, so that they can be read again. A larger one would be
// held in memory twice; asking Redis once more costs little beside it.
constexpr std::size_t kMostKept = std::size_t{64} << 10;

http::Json callJson(const synchronous::CallReport& call) {
  return {{"endpointId", call.endpoint},       {"sequence", call.sequence},
          {"outcome", call.outcome},           {"status", numberOrNull(call.code)},
          {"result", resultJson(call.result)}, {"durationMs", call.duration.count()}};
}

/// Written without a JSON tree, because this response is made tens of thousands of times a second.
std::string receiptText(const AdmissionReceipt& receipt, const std::vector<synchronous::CallReport>& calls) {
  std::string out;
  out.reserve(64 + receipt.sequences.size() * 12);
  out.append("{\"accepted\":").append(std::to_string(receipt.accepted));
  out.append(",\"duplicates\":").append(std::to_string(receipt.duplicates)).append(",\"sequences\":[");
  bool first = true;
  for (const auto sequence : receipt.sequences) {
    if (!first) out += ',';
    first = false;
    out += std::to_string(sequence);
  }
  out += ']';
  if (!calls.empty()) {
    auto sync = http::Json::array();
    for (const auto& call : calls) sync.push_back(callJson(call));
    out.append(",\"sync\":").append(http::dump(sync));
  }
  return out.append("}");
}

std::optional<std::vector<Event>> eventsIn(const Call& call, const Catalogue& catalogue, InputErrors& errors) {
  switch (call.mediaType) {
    case MediaType::Ndjson:
      return parseEventLines(call.body, catalogue, errors);
    case MediaType::CloudEvent:
      return parseCloudEvent(call.body, catalogue, errors);
    case MediaType::CloudEventBatch:
      return parseCloudEventBatch(call.body, catalogue, errors);
    case MediaType::BinaryCloudEvent:
      return parseBinaryCloudEvent(call.head, call.body, catalogue, errors);
    case MediaType::JsonText:
    case MediaType::Form:
    case MediaType::None:
      break;
  }
  return parseEvents(call.body, catalogue, errors);
}

}  // namespace

Result<http::Response> EventsHandlers::publish(Call& call) const {
  InputErrors errors;
  auto events = eventsIn(call, catalogue, errors);
  if (!events) return errors.toError();
  synchronous::ReadAgain readAgain;
  if (call.body.size() <= kMostKept) {
    readAgain = [this, &call] {
      InputErrors none;  // there were none
      return eventsIn(call, catalogue, none).value_or(std::vector<Event>{});
    };
  } else {
    std::string().swap(call.body);  // the events hold all they need while they wait for their commit
  }
  const auto plan = calls.plan(*events, std::move(readAgain));
  if (!plan) return plan.error();
  const auto receipt = admission.admit(std::move(*events), call.principal.scope);
  if (!receipt) return receipt.error();
  http::Response response;
  response.status = 202;
  response.body = receiptText(*receipt, calls.make(*plan, *receipt));
  return response;
}

}  // namespace lull::api
