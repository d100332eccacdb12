#include "answer_head.hpp"

#include <lull/text/ascii.hpp>

#include <charconv>

namespace lull::net {

namespace {

constexpr int kNoContent = 204;
constexpr int kNotModified = 304;
constexpr int kSwitchingProtocols = 101;

/// Calls `each` with every member of a comma-separated list.
template <class Each>
void forEachMember(std::string_view list, Each each) {
  while (true) {
    const auto comma = list.find(',');
    each(text::trimmed(list.substr(0, comma), text::kLineBlanks));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

AnswerHead::Line AnswerHead::take(std::string_view line, bool cut) {
  if (status_ == 0) return takeStatus(line, cut);
  if (line.empty()) return Line::End;
  return takeField(line, cut);
}

/// "HTTP/1.1 200 OK"; the reason may be missing, with or without the blank before it.
AnswerHead::Line AnswerHead::takeStatus(std::string_view line, bool /*cut*/) {
  constexpr std::string_view kNewer = "HTTP/1.1 ";
  constexpr std::string_view kOlder = "HTTP/1.0 ";
  constexpr std::size_t kDigits = 3;
  older_ = line.starts_with(kOlder);
  if (!older_ && !line.starts_with(kNewer)) return Line::Malformed;
  line.remove_prefix(kNewer.size());
  if (line.size() > kDigits && line[kDigits] != ' ') return Line::Malformed;
  const auto digits = line.substr(0, kDigits);
  int status = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  if (failure != std::errc{} || end != digits.data() + kDigits || status < 100) return Line::Malformed;
  status_ = status;
  return Line::Taken;
}

AnswerHead::Line AnswerHead::takeField(std::string_view line, bool cut) {
  const auto colon = line.find(':');
  // A folded line goes on with the one before it, which has been judged already (RFC 9112 section 5.2).
  if (line.front() == ' ' || line.front() == '\t' || colon == std::string_view::npos) {
    doubtful_ = true;
    return Line::Taken;
  }
  const auto name = text::trimmed(line.substr(0, colon), text::kLineBlanks);
  if (name.size() != colon) doubtful_ = true;
  const auto value = text::trimmed(line.substr(colon + 1), text::kLineBlanks);
  if (text::equalsIgnoringCase(name, "content-length"))
    return !cut && takeLength(value) ? Line::Taken : Line::Malformed;
  if (text::equalsIgnoringCase(name, "transfer-encoding")) {
    takeCodings(value);
    if (cut) chunkedLast_ = false;
  } else if (text::equalsIgnoringCase(name, "connection")) {
    takeConnection(value);
    if (cut) doubtful_ = true;
  } else if (text::equalsIgnoringCase(name, "retry-after")) {
    retryAfter_ = value;
  }
  return Line::Taken;
}

/// A length that is repeated with the same value counts once (RFC 9110 section 8.6), but the connection of such a
/// receiver is not used again.
bool AnswerHead::takeLength(std::string_view value) {
  bool valid = true;
  forEachMember(value, [&](std::string_view member) {
    std::uint64_t length = 0;
    const auto [end, failure] = std::from_chars(member.data(), member.data() + member.size(), length);
    valid = valid && failure == std::errc{} && end == member.data() + member.size() && !member.empty();
    if (length_) {
      doubtful_ = true;
      differing_ = differing_ || *length_ != length;
    }
    length_ = length;
  });
  return valid;
}

void AnswerHead::takeCodings(std::string_view value) {
  forEachMember(value, [&](std::string_view member) {
    ++codings_;
    chunkedLast_ = text::equalsIgnoringCase(member, "chunked");
  });
}

void AnswerHead::takeConnection(std::string_view value) {
  forEachMember(value,
                [&](std::string_view member) { closes_ = closes_ || text::equalsIgnoringCase(member, "close"); });
}

BodyKind AnswerHead::body() const {
  if (status_ == kNoContent || status_ == kNotModified || status_ == kSwitchingProtocols) return BodyKind::None;
  if (codings_ > 0) return chunkedLast_ ? BodyKind::Chunked : BodyKind::UntilClose;
  if (differing_) return BodyKind::Unknown;
  return length_ ? BodyKind::Length : BodyKind::UntilClose;
}

bool AnswerHead::keepsConnection() const {
  if (older_ || doubtful_ || closes_ || differing_ || status_ == kSwitchingProtocols) return false;
  switch (body()) {
    case BodyKind::None:  // the head announces a body that must not be there: it may come all the same
      return codings_ == 0 && (length() == 0 || status_ == kNotModified);
    case BodyKind::Length:
      return true;
    case BodyKind::Chunked:
      return codings_ == 1 && !length_;
    default:
      return false;
  }
}

}  // namespace lull::net
