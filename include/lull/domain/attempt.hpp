#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/item_id.hpp>
#include <lull/domain/receiver_answer.hpp>
#include <lull/domain/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// How an attempt ended, as far as the queue must know. Named phases, so that nothing is classified by its text, and
/// the same for every channel.
enum class Outcome {
  Delivered,  ///< the receiver has it
  Retryable,  ///< may succeed later: spends an attempt and follows the schedule
  Permanent,  ///< cannot succeed: a dead letter at once
  Held,       ///< nothing may be sent to this endpoint: it is paused, the message waits, no attempt spent
  /// Stopped before the request began, or what carries messages there is away (then it parks): no attempt spent.
  Released,
};

/// The words that operators know outcomes by. What is held goes by its reason.
inline constexpr std::array<std::string_view, 6> kOutcomeWords{"delivered", "retryable", "permanent",
                                                               "gone",      "refused",   "released"};
std::string_view outcomeWord(Outcome outcome, PausedReason heldFor);  ///< one of kOutcomeWords

/// What kept an attempt from being answered, of any channel. Dead letters are grouped by it, so a channel names it by
/// what happened and never by the text of an error. Values are stored (lib/letter.lua): new ones go to the end.
enum class FailureClass : std::uint8_t {
  None,      ///< it was answered, or there was no attempt
  Name,      ///< its name has no address that may be used
  Connect,   ///< no connection was made
  Tls,       ///< the handshake failed, or its certificate is not trusted
  Timeout,   ///< no answer within the time-out
  Reset,     ///< the connection ended before the answer was complete
  Protocol,  ///< what came back is no answer
  CutOff,    ///< Lull stopped before the answer came
  Local,     ///< it could not be sent: a stored secret, format or URL cannot be used
};
inline constexpr std::size_t kFailureClasses = 9;
std::string_view toString(FailureClass failure);  ///< "none", "name", "connect", "tls", "timeout", "reset", …
std::optional<FailureClass> parseFailureClass(std::string_view text);

/// What a channel that holds a message wants done with the endpoint.
struct PauseOrder {
  PausedReason reason = PausedReason::Operator;
  std::string notice;     ///< for an operator: what happened, and what to do; never holds a secret or a header value
  bool answered = false;  ///< the receiver itself said so; otherwise its request never began
};

/// What came of calling a channel once.
struct AttemptResult {
  Outcome outcome = Outcome::Retryable;
  std::optional<int> code;  ///< the number that the receiver answered, if it did: of a webhook the HTTP status
  FailureClass failure = FailureClass::None;  ///< without a code: why there is none
  Millis duration{0};
  /// What an operator reads about it; empty after a success, unless the receiver's answer has a message.
  std::string sentence;
  /// What the receiver says of the message (`results: body`), once the status was a success. With any other result than
  /// Ok the outcome is Retryable: the message is not done.
  std::optional<ReceiverAnswer> answer;
  std::string responseExcerpt;       ///< first bytes of the response body, valid UTF-8, at most 1 KiB
  std::optional<PauseOrder> pause;   ///< Held: always
  std::optional<Millis> retryAfter;  ///< the least delay that the receiver asked for, capped
  /// With `retryAfter`: it holds for the whole endpoint, not only for this message. A Retryable result then is the
  /// receiver's wish, a Released one says that the broker on the way is away, for which the endpoint is not to blame.
  bool parks = false;
  bool cutOff = false;  ///< Lull stopped before the answer came: no fault of the receiver (Retryable)
};

inline std::string_view outcomeWord(const AttemptResult& result) {
  return outcomeWord(result.outcome, result.pause ? result.pause->reason : PausedReason::None);
}

/// Whether its request may have reached the receiver: no attempt is what was stopped, or refused by us, before.
inline bool wasAttempt(const AttemptResult& result) {
  return result.outcome != Outcome::Released &&
         (result.outcome != Outcome::Held || (result.pause && result.pause->answered));
}

/// One line of an endpoint's attempt log, and of a dead letter's history.
struct AttemptRecord {
  Instant at;
  std::string messageId;
  ItemKey key;
  std::uint32_t attempt = 0;
  Outcome outcome = Outcome::Retryable;
  PausedReason heldFor = PausedReason::None;  ///< Held: why
  std::optional<int> code;
  Millis duration{0};
  std::string sentence;  ///< AttemptResult::sentence
  std::string responseExcerpt;
  std::optional<ReceiverResult> result{};  ///< of AttemptResult::answer
  FailureClass failure = FailureClass::None;
  std::uint64_t sequence = 0;  ///< Message::upto of what was sent
};
inline std::string_view outcomeWord(const AttemptRecord& attempt) {
  return outcomeWord(attempt.outcome, attempt.heldFor);
}

}  // namespace lull
