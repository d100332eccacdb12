#include <lull/formats/message_headers.hpp>
#include <lull/text/traceparent.hpp>

#include <algorithm>
#include <cstdint>

namespace lull::formats {

void appendMessageHeaders(std::vector<std::pair<std::string, std::string>>& headers, const Message& message, bool test,
                          const Format& format, const Catalogue& catalogue) {
  headers.emplace_back("Lull-Sequence", std::to_string(message.upto));
  headers.emplace_back("Lull-Event-Count", std::to_string(message.eventCount));
  headers.emplace_back("Lull-Attempt", std::to_string(std::max<std::uint32_t>(message.attempts, 1)));
  if (text::isTraceparent(message.traceparent)) headers.emplace_back("traceparent", message.traceparent);
  if (message.replay) headers.emplace_back("Lull-Replay", "true");
  if (test) headers.emplace_back("Lull-Test", "true");
  for (const auto& [name, value] : format.headers) {
    value.appendTo(headers.emplace_back(name, "").second, message, catalogue);
  }
}

}  // namespace lull::formats
