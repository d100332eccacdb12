#include "reply_reader.hpp"

#include <lull/redis/own_sign.hpp>
#include <lull/text/random.hpp>

#include <utility>

namespace lull::redis {

OwnSign::OwnSign(std::function<BootTime()> boot) : boot_(std::move(boot)), nonce_(text::randomId(8)) {}

bool OwnSign::covers(std::uint32_t slot) const {
  auto state = state_.lock();
  return slot != 0 && slot == state->slot && boot_() < state->until;
}

std::vector<std::string> OwnSign::question() const {
  return {member(), nonce_, std::to_string(kTtl.count())};
}

// Counts from the sending, because the store may have renewed the sign at any moment since.
bool OwnSign::confirm(std::string member, BootTime sent) {
  const auto slot = static_cast<std::uint32_t>(unsignedOr0(std::string_view(member).substr(0, member.find(':'))));
  auto state = state_.lock();
  const bool lapsed = !state->member.empty() && (state->member != member || state->until <= sent);
  *state = {std::move(member), slot, sent + kTtl};
  return lapsed;
}

}  // namespace lull::redis
