#include <lull/text/base64.hpp>

#include <cstdint>

namespace lull::text {

namespace {

// The last two characters of an alphabet tell the two apart.
constexpr std::string_view kStandardEnd = "+/";
constexpr std::string_view kUrlEnd = "-_";
constexpr unsigned kEndStart = 62;

char characterOf(std::uint32_t sixBits, std::string_view alphabetEnd) {
  constexpr std::string_view kCommon = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return sixBits < kEndStart ? kCommon[sixBits] : alphabetEnd[sixBits - kEndStart];
}

std::string encodeUnpadded(std::string_view bytes, std::string_view alphabetEnd) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned pending = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    pending += 8;
    while (pending >= 6) {
      pending -= 6;
      text += characterOf((bits >> pending) & 63U, alphabetEnd);
    }
  }
  if (pending > 0) text += characterOf((bits << (6U - pending)) & 63U, alphabetEnd);
  return text;
}

std::optional<std::string> decodeUnpadded(std::string_view text, std::string_view alphabetEnd) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned pending = 0;
  for (const char c : text) {
    const int value = base64Value(c);
    if (value < 0) return std::nullopt;
    const auto sixBits = static_cast<std::uint32_t>(value);
    if (characterOf(sixBits, alphabetEnd) != c) return std::nullopt;
    bits = (bits << 6U) | sixBits;
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    bytes += static_cast<char>((bits >> pending) & 0xffU);
  }
  if ((bits & ((1U << pending) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

int base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

std::string toBase64(std::string_view bytes) {
  auto text = encodeUnpadded(bytes, kStandardEnd);
  text.resize((bytes.size() + 2) / 3 * 4, '=');
  return text;
}

std::string toBase64Url(std::string_view bytes) {
  return encodeUnpadded(bytes, kUrlEnd);
}

std::optional<std::string> fromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.ends_with('=')) text.remove_suffix(1);
  return decodeUnpadded(text, kStandardEnd);
}

std::optional<std::string> fromBase64Url(std::string_view text) {
  return decodeUnpadded(text, kUrlEnd);
}

}  // namespace lull::text
