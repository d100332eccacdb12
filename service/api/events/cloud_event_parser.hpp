#pragma once

#include "events/event_rules.hpp"
#include "input_errors.hpp"

#include <lull/http/message_head.hpp>

#include <optional>
#include <string_view>
#include <vector>

/// CloudEvents 1.0 in the three modes of their HTTP binding. Each function returns nullopt when an error was noted.
namespace lull::api {

/// Structured mode: one CloudEvent in the JSON format.
std::optional<std::vector<Event>> parseCloudEvent(std::string_view json, const Catalogue& catalogue,
                                                  InputErrors& errors);

/// Batched mode: an array of up to 1,000, which may be empty.
std::optional<std::vector<Event>> parseCloudEventBatch(std::string_view json, const Catalogue& catalogue,
                                                       InputErrors& errors);

/// Binary mode: the attributes are the headers ce-*, the body is the data. An empty body is no data.
std::optional<std::vector<Event>> parseBinaryCloudEvent(const http::MessageHead& head, std::string_view body,
                                                        const Catalogue& catalogue, InputErrors& errors);

/// Whether a request has one of the headers ce-* that binary mode requires.
bool hasCloudEventHeaders(const http::MessageHead& head);

}  // namespace lull::api
