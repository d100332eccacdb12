#include "url_check.hpp"

#include <lull/text/url.hpp>

#include <idn2.h>

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

}  // namespace lull::api
