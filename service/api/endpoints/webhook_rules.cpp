#include "endpoints/webhook_rules.hpp"

#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>
#include <lull/text/url.hpp>

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <variant>

namespace lull::api {

namespace {

/// A host with letters beyond ASCII is looked up under another name (RFC 5890), which few people know.
std::string foreignHostFault(const std::string& host) {
  char* ascii = nullptr;
  const int outcome = ::idn2_to_ascii_8z(host.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned(ascii, ::idn2_free);
  if (outcome != IDN2_OK) return "Its host has letters beyond ASCII and is no internationalized name (IDNA 2008).";
  return "Its host has letters beyond ASCII: write " + std::string(ascii) + " for it.";
}

constexpr std::size_t kMostHeaders = 50;
constexpr std::size_t kMostNameBytes = 128;
constexpr std::size_t kMostValueBytes = 4096;
constexpr std::size_t kMostBytes = 16384;

constexpr auto kReserved =
    std::to_array<std::string_view>({"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "TE",
                                     "Trailer", "Upgrade", "Expect"});
constexpr auto kReservedPrefixes = std::to_array<std::string_view>({"Proxy-", "webhook-", "ce-", "Lull-"});

bool hasControlByte(std::string_view value) {
  return std::ranges::any_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

void judgeOne(const std::string& name, const std::string& value, InputErrors& errors) {
  const auto note = [&](std::string detail) { errors.add(http::below("/headers", name), std::move(detail)); };
  if (!text::isToken(name) || name.size() > kMostNameBytes)
    note("A header name is a token (RFC 9110) of at most 128 bytes.");
  if (isReservedHeader(name)) note("This header is set by Lull and cannot be a custom one.");
  if (hasControlByte(value)) note("A header value must not have control bytes.");
  if (!value.empty() && text::trimmed(value).empty()) note("A header value must not be blanks only: HTTP drops them.");
  if (value.size() > kMostValueBytes) note("A header value has at most 4,096 bytes.");
}

}  // namespace

std::string urlFault(std::string_view url) {
  const auto parsed = text::parseUrl(url);
  const auto* fault = std::get_if<text::UrlFault>(&parsed);
  if (fault == nullptr) return "";
  return fault->foreignHost.empty() ? fault->sentence : foreignHostFault(fault->foreignHost);
}

bool sameOrigin(std::string_view one, std::string_view other) {
  const auto left = text::parseUrl(one);
  const auto right = text::parseUrl(other);
  const auto* leftUrl = std::get_if<text::Url>(&left);
  const auto* rightUrl = std::get_if<text::Url>(&right);
  return leftUrl != nullptr && rightUrl != nullptr && text::originOf(*leftUrl) == text::originOf(*rightUrl);
}

bool isReservedHeader(std::string_view name) {
  const auto same = [&](std::string_view reserved) { return text::equalsIgnoringCase(name, reserved); };
  const auto begins = [&](std::string_view prefix) {
    return text::equalsIgnoringCase(name.substr(0, prefix.size()), prefix);
  };
  return std::ranges::any_of(kReserved, same) || std::ranges::any_of(kReservedPrefixes, begins);
}

void judgeHeaders(const HeaderList& headers, InputErrors& errors) {
  if (headers.size() > kMostHeaders) {
    errors.add("/headers", "At most 50 headers can be set.");
    return;
  }
  std::size_t bytes = 0;
  for (auto one = headers.begin(); one != headers.end(); ++one) {
    judgeOne(one->first, one->second, errors);
    bytes += one->first.size() + one->second.size();
    const auto same = [&](const auto& other) { return text::equalsIgnoringCase(other.first, one->first); };
    if (std::any_of(headers.begin(), one, same)) {
      errors.add(http::below("/headers", one->first), "This header is given more than once (case does not count).");
    }
  }
  if (bytes > kMostBytes) errors.add("/headers", "All headers together have at most 16,384 bytes.");
}

}  // namespace lull::api
