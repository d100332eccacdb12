#pragma once

#include <lull/domain/receiver_answer.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace lull::net {

/// A result is looked for in bodies up to this size: as much as a transport reads of an answer.
inline constexpr std::size_t kMostResultBytes = std::size_t{64} * 1024;
/// As much is kept of a receiver's message, like the excerpt of an answer.
inline constexpr std::size_t kMostResultMessageBytes = 1024;

/// The body of an answer as it was received.
struct AnswerBody {
  std::string_view bytes;
  bool whole = true;  ///< false: the receiver sent more than was read, or less than it announced
};

/// What a webhook with `results: body` is told by an answer. nullopt: the status is no 2xx, and it alone decides. Of a
/// 2xx an empty body is OK, and so is what `{"result": "OK" | "Error" | "ErrorAndSkip" | "SkipNow", "message"?}` says;
/// numbers 0 to 3 stand for the names. Members of other names are passed over. Every other body is Error with a
/// sentence that says what was expected. Never throws for what a receiver sent.
std::optional<ReceiverAnswer> resultOf(int status, const AnswerBody& body);

}  // namespace lull::net
