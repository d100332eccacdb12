#include "settlement_codec.hpp"

#include "packing.hpp"

#include <lull/text/utf8.hpp>

#include <utility>

namespace lull::redis {

namespace {

char actionCode(ports::SettleAction action) {
  switch (action) {
    case ports::SettleAction::Complete:
      return 'c';
    case ports::SettleAction::Reschedule:
      return 'r';
    case ports::SettleAction::SetAside:
      return 's';
    case ports::SettleAction::Park:
      return 'p';
    case ports::SettleAction::Bury:
      return 'b';
    case ports::SettleAction::Release:
      return 'x';
    case ports::SettleAction::Hold:
      return 'h';
  }
  return 'x';
}

unsigned flagsOf(const ports::Settlement& settlement) {
  return (settlement.sign == ports::BreakerSign::Failed ? 1U : 0U) + (settlement.probe ? 2U : 0U) +
         (settlement.sign == ports::BreakerSign::Lives ? 4U : 0U) +
         (settlement.pause && settlement.pause->answered ? 8U : 0U) + (settlement.uncounted ? 16U : 0U) +
         (settlement.ageless ? 32U : 0U);
}

void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && text::continuesCharacter(text[limit])) --limit;
  text.resize(limit);
}

}  // namespace

std::string settlementFacts(const ports::Settlement& settlement, std::size_t place) {
  const auto code = settlement.attempt ? settlement.attempt->code.value_or(0) : 0;
  return ByteWriter{}
      .u8(static_cast<std::uint8_t>(actionCode(settlement.action)))
      .u16(static_cast<std::uint16_t>(place))
      .u64(settlement.token)
      .i64(millisOf(settlement.due))
      .u16(static_cast<std::uint16_t>(settlement.step))
      .u8(static_cast<std::uint8_t>(settlement.reason))
      .u8(static_cast<std::uint8_t>(flagsOf(settlement)))
      .u16(static_cast<std::uint16_t>(code))
      .u8(static_cast<std::uint8_t>(settlement.attempt ? settlement.attempt->failure : FailureClass::None))
      .take();
}

std::string pauseText(const std::optional<PauseOrder>& pause) {
  constexpr std::size_t kNotice = 1024;
  return pause ? std::string(toString(pause->reason)) + "|" + pause->notice.substr(0, kNotice) : std::string{};
}

std::string settlementExtra(const ports::Settlement& settlement) {
  return settlement.ageless ? std::to_string(millisOf(settlement.began)) : pauseText(settlement.pause);
}

AttemptRecord boundedAttempt(AttemptRecord attempt) {
  constexpr std::size_t kExcerpt = 512;
  constexpr std::size_t kSentence = 512;
  if (attempt.outcome == Outcome::Delivered) attempt.responseExcerpt.clear();
  cut(attempt.responseExcerpt, kExcerpt);
  cut(attempt.sentence, kSentence);
  return attempt;
}

}  // namespace lull::redis
