#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/message.hpp>

namespace lull {

/// What the log keeps of an attempt to deliver `message` that began at `startedAt`.
inline AttemptRecord recordOf(const Message& message, const AttemptResult& result, Instant startedAt) {
  AttemptRecord record;
  record.at = startedAt;
  record.messageId = message.id;
  record.key = message.key;
  record.attempt = message.attempts;
  record.outcome = result.outcome;
  if (result.pause) record.heldFor = result.pause->reason;
  record.code = result.code;
  record.failure = result.failure;
  record.duration = result.duration;
  record.sentence = result.sentence;
  record.responseExcerpt = result.responseExcerpt;
  if (result.answer) record.result = result.answer->result;
  return record;
}

}  // namespace lull
