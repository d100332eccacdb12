#include "overview/items_handlers.hpp"

#include "endpoints/queue_item_json.hpp"
#include "endpoints/representations.hpp"
#include "input_errors.hpp"
#include "letters/endpoint_names.hpp"
#include "letters/letter_json.hpp"
#include "overview/windows_handlers.hpp"

#include <lull/http/json.hpp>

#include <bit>
#include <charconv>

namespace lull::api {

namespace {

/// The bit that a path names; anything else is noted. It need not be in the catalogue, as in filters.
std::uint32_t changeTypeIn(const std::string& text, InputErrors& errors) {
  std::uint32_t bit = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, bit);
  const bool good = failure == std::errc{} && stop == end && bit <= kMostChangeType && std::has_single_bit(bit);
  if (!good) errors.add("changeType", std::string(kNoChangeType));
  return bit;
}

http::Json deliveredJson(const std::optional<ports::LastDelivered>& delivered) {
  if (!delivered) return {};
  return {{"sequence", delivered->sequence}, {"at", formatRfc3339(delivered->at)}};
}

http::Json messageJson(const std::optional<ports::QueueItem>& message) {
  return message ? queueItemJson(*message) : http::Json();
}

}  // namespace

Result<http::Response> ItemsHandlers::get(Call& call) const {
  InputErrors errors;
  const auto changeType = changeTypeIn(call.id, errors);
  if (!errors.empty()) return errors.toError();

  const auto among = ownership.endpointsOf(call.owner);
  if (!among) return among.error();
  const auto taken = ownership.changeTypesOf(call.owner);
  if (!taken) return taken.error();
  const auto story = items.story(changeType, call.itemId, *among);
  if (!story) return story.error();
  const bool showsWindow = story->window && (taken->value_or(changeType) & changeType) != 0;
  EndpointNames names(letters);
  auto endpoints = http::Json::array();
  for (const auto& one : story->endpoints) {
    http::Json letter;
    if (one.deadLetter) {
      const auto name = names.nameOf(one.endpoint);
      if (!name) return name.error();
      letter = letterJson(*one.deadLetter, *name, catalogue);
    }
    endpoints.push_back({{"endpointId", one.endpoint},
                         {"waiting", messageJson(one.waiting)},
                         {"inFlight", messageJson(one.inFlight)},
                         {"behind", numberOrNull(one.behind)},
                         {"lastDelivered", deliveredJson(one.lastDelivered)},
                         {"deadLetter", std::move(letter)}});
  }
  return http::jsonResponse(
      200, {{"window", showsWindow ? windowJson(*story->window) : http::Json()}, {"endpoints", std::move(endpoints)}});
}

}  // namespace lull::api
