#include "redaction.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

namespace lull::net {

namespace {

constexpr std::size_t kShortest = 4;
constexpr std::string_view kHidden = "***";

void hide(std::string& text, std::string_view value) {
  if (value.size() < kShortest) return;
  for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + kHidden.size())) {
    text.replace(at, value.size(), kHidden);
  }
  for (auto length = std::min(text.size(), value.size() - 1); length >= kShortest; --length) {
    if (!std::string_view(text).ends_with(value.substr(0, length))) continue;
    text.replace(text.size() - length, length, kHidden);
    return;
  }
}

/// Each byte that `isPlain` does not take is written as `mark` and two hex digits.
template <class Plain>
std::string escaped(std::string_view value, std::string_view mark, std::string_view digits, Plain isPlain) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (isPlain(c)) {
      out += c;
    } else {
      out.append(mark).append({digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  return out;
}

/// RFC 8259, where `/` may be escaped or not.
std::string jsonText(std::string_view value, bool withSlash) {
  std::string out;
  for (const char c : value) {
    if (c == '"' || c == '\\' || (withSlash && c == '/')) out += '\\';
    out += c;
  }
  return out;
}

/// What stands of the value in the base64 of a longer text in which `before` bytes (modulo three) come before it: the
/// characters at its ends, which its neighbours have a part in, are left out.
std::string base64Within(std::string_view value, std::size_t before) {
  const std::string padded = std::string(before, '\0').append(value);
  std::string out(4 * ((padded.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(padded.data()),
                  static_cast<int>(padded.size()));
  const auto first = (before * 8 + 5) / 6;
  const auto whole = padded.size() * 8 / 6;
  return whole > first ? out.substr(first, whole - first) : "";
}

/// The ways in which receivers are likely to write down what they got.
std::vector<std::string> formsOf(std::string_view value) {
  const auto isUnreserved = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
  };
  const auto none = [](char) { return false; };
  std::vector<std::string> forms{std::string(value), jsonText(value, false), jsonText(value, true)};
  for (const std::string_view digits : {"0123456789abcdef", "0123456789ABCDEF"}) {
    forms.push_back(escaped(value, "", digits, none));
    forms.push_back(escaped(value, "%", digits, isUnreserved));
  }
  for (std::size_t before = 0; before < 3; ++before) {
    auto text = base64Within(value, before);
    forms.push_back(text);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    forms.push_back(std::move(text));
  }
  return forms;
}

}  // namespace

std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers) {
  if (text.empty()) return text;
  std::vector<std::string> forms;
  const auto add = [&forms](std::string_view value) {
    if (value.size() < kShortest) return;
    for (auto& form : formsOf(value)) forms.push_back(std::move(form));
  };
  for (const auto& [name, value] : headers) {
    add(value);
    const auto space = value.find(' ');
    if (space != std::string::npos) add(std::string_view(value).substr(space + 1));
  }
  // The longest first: hiding a part of another value would leave the rest of it readable.
  std::ranges::sort(forms, std::ranges::greater{}, &std::string::size);
  for (const auto& form : forms) hide(text, form);
  return text;
}

}  // namespace lull::net
