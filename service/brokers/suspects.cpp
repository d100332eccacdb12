#include <lull/brokers/suspects.hpp>

#include <algorithm>

namespace lull::brokers {

std::optional<std::string> Suspects::heldBack(const Delivery& delivery, const std::string& broker) const {
  if (delivery.publishedAt || !any()) return std::nullopt;
  return "The broker " + broker +
         " takes one message at a time at present: it ended the connection because of one and did not say which.";
}

bool Suspects::accuse(UnderWay messages) {
  if (messages.awaited == 1 && messages.all == 1) {
    oneEnded();
    return true;
  }
  suspected_ = std::max(suspected_, messages.awaited);
  return false;
}

// A message that makes the broker end the connection is published again as soon as there is a new one, so such
// connections are short. Confirms of other messages say nothing about it and do not end the row.
bool Suspects::lost(const Loss& loss, std::chrono::steady_clock::duration stood, UnderWay messages) {
  constexpr std::chrono::seconds kShort{10};
  constexpr int kRow = 3;
  const bool byTheBroker = loss.failure == FailureClass::Reset || loss.failure == FailureClass::Protocol;
  if (!byTheBroker || messages.awaited == 0 || stood >= kShort) {
    row_ = 0;
    return false;
  }
  if (++row_ < kRow && !any()) return false;
  if (!accuse(messages)) return false;
  if (!any()) row_ = 0;
  return true;
}

}  // namespace lull::brokers
