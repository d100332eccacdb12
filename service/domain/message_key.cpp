#include <lull/domain/message_key.hpp>

#include <charconv>

namespace lull {

namespace {

constexpr std::size_t kDigits = 16;

template <class Number>
bool readWhole(std::string_view text, int base, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failure == std::errc{} && end == text.data() + text.size();
}

std::string hex(std::uint64_t number) {
  std::string digits(kDigits, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= 4U)
    *digit = "0123456789abcdef"[number & 15U];
  return digits;
}

}  // namespace

std::string MessageKey::packed() const {
  return sequence ? std::to_string(lane.size()) + ":" + lane + hex(*sequence) : lane;
}

std::optional<MessageKey> MessageKey::fromPacked(std::string_view packed) {
  // The lane of an item has an "n" or "s" behind its digits, so the two forms differ in the first character that is no
  // digit.
  const auto end = packed.find_first_not_of("0123456789");
  MessageKey key;
  if (end == std::string_view::npos || packed[end] != ':') {
    key.lane = packed;
    return key.item() ? std::optional(std::move(key)) : std::nullopt;
  }
  std::size_t length = 0;
  std::uint64_t sequence = 0;
  const auto rest = packed.substr(end + 1);
  if (!readWhole(packed.substr(0, end), 10, length) || rest.size() < kDigits || rest.size() - kDigits != length ||
      !readWhole(rest.substr(length), 16, sequence)) {
    return std::nullopt;
  }
  key.lane = rest.substr(0, length);
  key.sequence = sequence;
  // Only what packed() writes is a key: another spelling must not name the same message.
  return key.packed() == packed ? std::optional(std::move(key)) : std::nullopt;
}

}  // namespace lull
