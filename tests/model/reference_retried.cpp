#include "model/reference.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <sstream>

/// What retries came to, group by group: lib/retried.lua.
namespace lull::model {

namespace {

struct Retry {
  std::string number;
  Ms at = 0;
  std::uint64_t done = 0;
  std::uint64_t failedAgain = 0;
};

Retry readRetry(const std::string& value) {
  Retry retry;
  char bar = 0;
  std::istringstream words(value.substr(std::min(value.find('|') + 1, value.size())));
  retry.number = value.substr(0, value.find('|'));
  words >> retry.at >> bar >> retry.done >> bar >> retry.failedAgain;
  return retry;
}

std::string write(const Retry& retry) {
  return retry.number + "|" + std::to_string(retry.at) + "|" + std::to_string(retry.done) + "|" +
         std::to_string(retry.failedAgain);
}

}  // namespace

std::string causeOf(const LetterModel& letter) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%01d%05d%02d", letter.reason, letter.status,
                letter.status > 0 ? 0 : letter.failure);
  return digits.data();
}

std::string groupMember(const EndpointName& id, const KeyName& key, const LetterModel& letter) {
  std::array<char, 80> cell{};
  std::snprintf(cell.data(), cell.size(), "%d%010u|%015lld|%llu|", letter.supersededAt > 0 ? 1 : 0,
                changeTypeOf(itemOf(key, letter.message)), static_cast<long long>(letter.deadAt),
                static_cast<unsigned long long>(letter.number));
  return id + "|" + causeOf(letter) + cell.data() + key;
}

std::vector<std::string> groupsOf(const EndpointName& id, const std::string& cause, std::uint32_t changeType) {
  return {id + "|" + cause, id, std::to_string(changeType)};
}

void Reference::noteRetried(std::uint64_t number, const std::vector<std::string>& groups, Ms now) {
  for (const auto& name : groups) {
    auto& value = state_.retried[name];
    auto retry = readRetry(value);
    if (retry.number != std::to_string(number)) retry = {std::to_string(number), now, 0, 0};
    ++retry.done;
    value = write(retry);
  }
}

void Reference::noteFailedAgain(const EndpointName& id, const KeyName& key, const MessageModel& message) {
  if (message.origin.empty()) return;
  const auto bar = message.origin.find('|');
  for (const auto& name : groupsOf(id, message.origin.substr(bar + 1), changeTypeOf(itemOf(key, message)))) {
    const auto found = state_.retried.find(name);
    if (found == state_.retried.end()) continue;
    auto retry = readRetry(found->second);
    if (retry.number != message.origin.substr(0, bar)) continue;
    ++retry.failedAgain;
    found->second = write(retry);
  }
}

void Reference::forgetRetries(Ms now) {
  constexpr Ms kDay = 24 * 3600 * 1000;
  const auto empty = [&](const std::string& name) {
    const auto bar = name.find('|');
    const auto letters = state_.letters.find(name.substr(0, bar));
    if (letters == state_.letters.end()) return true;
    for (const auto& [key, letter] : letters->second)
      if (bar == std::string::npos || name.substr(bar + 1) == causeOf(letter)) return false;
    return true;
  };
  std::erase_if(state_.retried, [&](const auto& entry) {
    const bool ofType = entry.first.find_first_not_of("0123456789") == std::string::npos;
    return !ofType && readRetry(entry.second).at + kDay < now && empty(entry.first);
  });
}

}  // namespace lull::model
