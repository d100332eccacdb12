#include "redaction.hpp"

#include "decoded_views.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace lull::net {

namespace {

constexpr std::size_t kShortest = 4;
constexpr std::size_t kPiece = 6;
constexpr std::string_view kHidden = "***";

/// What follows the name of an authentication scheme (RFC 9110 section 11.4); the whole value where there is none.
std::string_view credentialOf(std::string_view value) {
  constexpr std::array<std::string_view, 9> kSchemes{"basic",     "bearer", "digest", "token", "apikey",
                                                     "negotiate", "dpop",   "hoba",   "hawk"};
  const auto space = value.find(' ');
  if (space == std::string_view::npos) return value;
  return std::ranges::find(kSchemes, text::lowerCase(value.substr(0, space))) == kSchemes.end()
             ? value
             : value.substr(space + 1);
}

/// The value as a receiver echoes it that takes each byte of a header for a character (ISO 8859-1).
std::string asLatin1Characters(std::string_view value) {
  std::string out;
  for (const char c : value) text::appendCharacter(out, static_cast<unsigned char>(c));
  return out;
}

/// The value as a receiver echoes it that turns UTF-8 into ISO 8859-1; unchanged where that is impossible.
std::string asLatin1Bytes(std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto byte = static_cast<unsigned char>(value[at]);
    if (byte < 0x80) {
      out += value[at];
    } else if ((byte == 0xC2 || byte == 0xC3) && at + 1 < value.size()) {
      out += static_cast<char>(((byte & 3U) << 6U) | (static_cast<unsigned char>(value[++at]) & 0x3FU));
    } else {
      return std::string(value);
    }
  }
  return out;
}

bool isText(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

/// The values to be hidden, in all forms that decoding does not turn back into the value.
class Secrets {
 public:
  void add(std::string_view value) {
    // A header has no NUL, and in a decoded view a NUL stands for a byte that is no text.
    if (value.find('\0') != std::string_view::npos) return;
    const auto credential = credentialOf(value);
    addForms(credential);
    if (credential.size() < kShortest && value.size() >= kShortest) wholes_.emplace_back(value);
    if (credential.size() == value.size()) return;
    // User and password of Basic (RFC 7617), and whatever else a scheme packs so.
    for (const auto& view : decodedViews(credential)) {
      if (view.bytes == credential || !isText(view.bytes)) continue;
      addForms(view.bytes);
      const auto colon = view.bytes.find(':');
      if (colon != std::string::npos) addForms(std::string_view(view.bytes).substr(colon + 1));
    }
  }

  /// Marks the bytes of the original text that show a piece of a value.
  void mark(const DecodedView& view, std::vector<bool>& shown) const {
    for (std::size_t at = 0; at < view.bytes.size(); ++at) {
      for (const std::size_t length : {kShortest, kShortest + 1, kPiece}) {
        if (at + length > view.bytes.size()) break;
        if (pieces_.contains(view.bytes.substr(at, length))) markRange(view, at, length, shown);
      }
    }
    for (const auto& value : values_) markCutOff(view, value, shown);
    for (const auto& value : wholes_) {
      for (auto at = view.bytes.find(value); at != std::string::npos; at = view.bytes.find(value, at + 1))
        markRange(view, at, value.size(), shown);
    }
  }

 private:
  void addForms(std::string_view value) {
    if (value.size() < kShortest) return;
    std::vector<std::string> forms{std::string(value), asLatin1Characters(value), asLatin1Bytes(value)};
    for (std::size_t i = 0; i < 3; ++i) {
      auto withPlus = forms[i];
      std::ranges::replace(withPlus, ' ', '+');
      forms.push_back(std::move(withPlus));
    }
    for (auto& form : forms) {
      if (form.size() < kShortest) continue;
      const std::size_t length = std::min(form.size(), kPiece);
      for (std::size_t at = 0; at + length <= form.size(); ++at) pieces_.insert(form.substr(at, length));
      values_.insert(std::move(form));
    }
  }

  static void markRange(const DecodedView& view, std::size_t at, std::size_t length, std::vector<bool>& shown) {
    for (std::size_t i = at; i < at + length; ++i) {
      std::fill(shown.begin() + static_cast<std::ptrdiff_t>(view.from[i]),
                shown.begin() + static_cast<std::ptrdiff_t>(view.to[i]), true);
    }
  }

  static void markCutOff(const DecodedView& view, std::string_view value, std::vector<bool>& shown) {
    for (auto length = std::min({kPiece, view.bytes.size(), value.size()}); length >= kShortest; --length) {
      if (!std::string_view(view.bytes).ends_with(value.substr(0, length))) continue;
      markRange(view, view.bytes.size() - length, length, shown);
      return;
    }
  }

  std::unordered_set<std::string> pieces_;
  std::unordered_set<std::string> values_;
  std::vector<std::string> wholes_;  // values whose credential is too short to be searched for without its scheme
};

/// The text with each marked range, widened to whole characters, replaced.
std::string hidden(std::string_view text, const std::vector<bool>& shown) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    bool marked = shown[at];
    while (end < text.size() && (text::continuesCharacter(text[end]) || (marked && shown[end]))) {
      marked = marked || shown[end];
      ++end;
    }
    if (!marked) {
      out += text.substr(at, end - at);
    } else if (!out.ends_with(kHidden)) {
      out += kHidden;
    }
    at = end;
  }
  return out;
}

}  // namespace

std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers) {
  if (text.empty() || headers.empty()) return text;
  Secrets secrets;
  for (const auto& [name, value] : headers) secrets.add(value);
  std::vector<bool> shown(text.size(), false);
  for (const auto& view : decodedViews(text)) secrets.mark(view, shown);
  return hidden(text, shown);
}

}  // namespace lull::net
