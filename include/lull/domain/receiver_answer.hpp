#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// What an ordered receiver says of a message (`results: body`). The numbers are those that it may send.
enum class ReceiverResult : std::uint8_t {
  Ok,            ///< done
  Error,         ///< the message stays at the head of its lane; an attempt is spent
  ErrorAndSkip,  ///< an attempt is spent, the message is set aside, and the next one goes at once
  SkipNow,       ///< the message is set aside without an error and without an attempt
};

struct ReceiverAnswer {
  ReceiverResult result = ReceiverResult::Error;
  std::string message{};  ///< the receiver's words, or ours when it gave no result; may be empty
};

std::string_view toString(ReceiverResult result);  ///< "OK", "Error", "ErrorAndSkip", "SkipNow"
std::optional<ReceiverResult> parseReceiverResult(std::string_view text);
std::optional<ReceiverResult> receiverResultOf(std::uint64_t number);  ///< 0 to 3, in the order above

}  // namespace lull
