#include "scrub.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace lull::odbc {

namespace {

constexpr std::array<std::string_view, 7> kSecretWords{"pwd", "pass", "secret", "token", "key", "auth", "pqopt"};
constexpr std::size_t kMostBytes = 600;

bool isSecretKey(std::string_view key) {
  const auto lower = text::lowerCase(key);
  return std::ranges::any_of(kSecretWords, [&](auto word) { return lower.find(word) != std::string::npos; });
}

/// Takes one "key=value" off the text. A value in braces ends with a brace that is not doubled.
std::pair<std::string_view, std::string_view> takeEntry(std::string_view& text) {
  const auto equals = text.find('=');
  const auto semicolon = text.find(';');
  if (equals == std::string_view::npos || semicolon < equals) {
    const auto entry = text.substr(0, semicolon);
    text = semicolon == std::string_view::npos ? std::string_view{} : text.substr(semicolon + 1);
    return {entry, {}};
  }
  const auto key = text.substr(0, equals);
  const auto rest = text.substr(equals + 1);
  std::size_t end = 0;
  if (text::trimmed(rest).starts_with('{')) {
    end = rest.find('{') + 1;
    while (end < rest.size() && !(rest[end] == '}' && rest.substr(end + 1, 1) != "}")) end += rest[end] == '}' ? 2 : 1;
  }
  end = std::min(rest.find(';', std::min(end, rest.size())), rest.size());
  text = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
  return {key, rest.substr(0, end)};
}

void replaceAll(std::string& text, const std::string& what) {
  constexpr std::string_view kHidden = "***";
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + kHidden.size()))
    text.replace(at, what.size(), kHidden);
}

}  // namespace

std::vector<std::string> secretsIn(std::string_view connectionString) {
  std::vector<std::string> secrets;
  while (!connectionString.empty()) {
    const auto [key, value] = takeEntry(connectionString);
    const auto text = text::trimmed(value);
    if (!isSecretKey(key) || text.empty()) continue;
    secrets.emplace_back(text);
    if (text.size() < 3 || !text.starts_with('{') || !text.ends_with('}')) continue;
    secrets.emplace_back(text.substr(1, text.size() - 2));
    // As the database knows it: a closing brace is doubled only here.
    auto plain = secrets.back();
    for (auto at = plain.find("}}"); at != std::string::npos; at = plain.find("}}", at + 1)) plain.erase(at, 1);
    secrets.push_back(std::move(plain));
  }
  // A secret that holds another one is replaced first.
  std::ranges::sort(secrets, [](const auto& one, const auto& other) { return one.size() > other.size(); });
  return secrets;
}

std::string scrubbed(std::string message, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) replaceAll(message, secret);
  for (auto& c : message) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (message.size() > kMostBytes) {
    auto end = kMostBytes;
    while (end > 0 && text::continuesCharacter(message[end])) --end;
    message.resize(end);
    message.append("…");
  }
  return message;
}

}  // namespace lull::odbc
