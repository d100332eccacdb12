#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>

#include <algorithm>
#include <charconv>

namespace lull::http {

namespace {

/// Reads one head into `head`; the first fault wins.
class HeadParser {
 public:
  explicit HeadParser(std::string_view block) : rest_(block) {}

  std::variant<MessageHead, HeadFault> parse() {
    // RFC 9112 section 2.2: an empty line before the request line is ignored.
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
    if (!requestLine() || !headerLines() || !framing()) return std::move(fault_);
    return std::move(head_);
  }

 private:
  bool fail(int status, std::string detail) {
    fault_ = {status, std::move(detail)};
    return false;
  }

  /// The next line without its CRLF.
  bool line(std::string_view& out) {
    const auto end = rest_.find("\r\n");
    if (end == std::string_view::npos) return fail(400, "The request head is cut off.");
    out = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    if (out.find_first_of("\r\n") != std::string_view::npos) return fail(400, "A line does not end with CRLF.");
    return true;
  }

  bool requestLine() {
    std::string_view text;
    if (!line(text)) return false;
    const auto first = text.find(' ');
    const auto last = text.rfind(' ');
    if (first == std::string_view::npos || first == last) return fail(400, "The request line is malformed.");
    head_.method = text.substr(0, first);
    version_ = text.substr(last + 1);
    if (!text::isToken(head_.method)) return fail(400, "The method is not a token.");
    if (version_ != "HTTP/1.1" && version_ != "HTTP/1.0") return fail(505, "Only HTTP/1.1 is spoken here.");
    return target(text.substr(first + 1, last - first - 1));
  }

  bool target(std::string_view text) {
    if (text.size() > kMaxTargetBytes) return fail(414, "The request target is longer than 8 KiB.");
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
    if (!std::ranges::all_of(text, printable)) return fail(400, "The request target has a byte that must be encoded.");
    if (text.starts_with("http://")) {  // absolute-form, which a server must accept (RFC 9112 section 3.2.2)
      const auto slash = text.find('/', 7);
      text = slash == std::string_view::npos ? std::string_view("/") : text.substr(slash);
    }
    if (!text.starts_with('/')) return fail(400, "The request target is not a path.");
    const auto question = text.find('?');
    head_.path = text.substr(0, question);
    if (question != std::string_view::npos) head_.query = text.substr(question + 1);
    return true;
  }

  bool headerLines() {
    for (;;) {
      std::string_view text;
      if (!line(text)) return false;
      if (text.empty()) return true;
      if (head_.headers.size() == kMaxHeaderCount) return fail(431, "The request has more than 100 headers.");
      const auto colon = text.find(':');
      if (colon == std::string_view::npos || !text::isToken(text.substr(0, colon))) {
        return fail(400, "A header line is malformed.");
      }
      const auto value = text::trimmed(text.substr(colon + 1));
      if (!text::isFieldValue(value)) return fail(400, "A header value has a control byte.");
      head_.headers.emplace_back(text.substr(0, colon), value);
    }
  }

  bool framing() {
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    std::string_view coding;
    std::string_view length;
    if (!singular()) return false;
    for (const auto& [name, value] : head_.headers) {
      if (text::equalsIgnoringCase(name, "host")) ++hosts;
      if (text::equalsIgnoringCase(name, "connection")) connection(value);
      if (text::equalsIgnoringCase(name, "content-length")) ++lengths, length = value;
      if (text::equalsIgnoringCase(name, "transfer-encoding")) ++codings, coding = value;
      if (text::equalsIgnoringCase(name, "expect")) {
        if (!text::equalsIgnoringCase(value, "100-continue")) return fail(417, "Only 100-continue can be expected.");
        head_.expectsContinue = true;
      }
    }
    const bool old = version_ == "HTTP/1.0";
    if (old) head_.keepAlive = false;
    if (old) head_.expectsContinue = false;  // RFC 9110 section 10.1.1: it would take the 100 for the response
    if (hosts > 1 || (hosts == 0 && !old)) return fail(400, "The request needs exactly one Host header.");
    if (codings > 0 && lengths > 0) return fail(400, "Transfer-Encoding and Content-Length exclude each other.");
    if (codings > 0) return chunked(codings, coding, old);
    if (lengths > 1) return fail(400, "Content-Length is repeated.");
    if (lengths == 1) return contentLength(length);
    return true;
  }

  /// Fields whose second line would be passed over here, and perhaps not by the proxy in front.
  bool singular() {
    for (const std::string_view name : {"Authorization", "X-Api-Key", "Content-Type", "Idempotency-Key"}) {
      const auto same = [&](const auto& one) { return text::equalsIgnoringCase(one.first, name); };
      if (std::ranges::count_if(head_.headers, same) > 1) return fail(400, std::string(name) + " is repeated.");
    }
    return true;
  }

  bool chunked(int count, std::string_view coding, bool old) {
    if (old) return fail(400, "HTTP/1.0 has no Transfer-Encoding.");
    if (count > 1 || !text::equalsIgnoringCase(coding, "chunked"))
      return fail(501, "Only the coding chunked is understood.");
    head_.framing = Framing::Chunked;
    return bodyAllowed();
  }

  bool contentLength(std::string_view text) {
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, head_.contentLength);
    if (!text::isAllDigits(text) || error != std::errc{} || stop != end)
      return fail(400, "Content-Length is not a number.");
    if (head_.contentLength == 0) return true;
    head_.framing = Framing::Length;
    return bodyAllowed();
  }

  bool bodyAllowed() {
    if (head_.method != "GET" && head_.method != "HEAD") return true;
    return fail(400, "A GET request has no body.");
  }

  void connection(std::string_view value) {
    while (!value.empty()) {
      const auto comma = value.find(',');
      if (text::equalsIgnoringCase(text::trimmed(value.substr(0, comma)), "close")) head_.keepAlive = false;
      value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    }
  }

  std::string_view rest_;
  std::string_view version_;
  MessageHead head_;
  HeadFault fault_;
};

}  // namespace

std::optional<std::string_view> MessageHead::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& one) { return text::equalsIgnoringCase(one.first, name); });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::variant<MessageHead, HeadFault> parseHead(std::string_view block) {
  return HeadParser(block).parse();
}

}  // namespace lull::http
