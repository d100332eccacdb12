#include "api/query.hpp"
#include "fuzz.hpp"
#include "redis/letter_id.hpp"

#include <lull/http/message_head.hpp>
#include <lull/text/base64.hpp>

#include <variant>

/// A request's head, its query with the cursor, and the ids that clients hand back.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = http::parseHead(text);
  std::string_view raw = text;
  if (const auto* head = std::get_if<http::MessageHead>(&parsed)) {
    fuzz::require(head->headers.size() <= http::kMaxHeaderCount, "the number of headers is bounded");
    const bool both = head->header("Transfer-Encoding") && head->header("Content-Length");
    fuzz::require(!both, "a body has one length");
    const bool bodyless = head->method == "GET" || head->method == "HEAD";
    fuzz::require(!bodyless || head->framing == http::Framing::None || head->contentLength == 0, "GET has no body");
    raw = head->query;
  } else {
    fuzz::require(std::get<http::HeadFault>(parsed).status >= 400, "a fault is an error status");
  }
  api::InputErrors errors;
  const api::Query query(raw, "limit cursor since superseded itemId", errors);
  const auto page = query.page();
  fuzz::require(page.limit >= 1 && page.limit <= 500, "a page has 1 to 500 items");
  static_cast<void>(query.instant("since"));
  static_cast<void>(query.boolean("superseded"));
  static_cast<void>(query.filter("itemId"));
  for (const auto id : {text, raw, std::string_view(page.cursor)}) {
    if (const auto place = redis::parseLetterId(id))
      fuzz::require(redis::letterId(*place) == id, "one spelling per id");
    if (const auto key = ItemKey::fromPacked(id)) {
      fuzz::require(ItemKey::fromPacked(key->packed()) == key, "an item key survives its text");
    }
    if (const auto key = MessageKey::fromPacked(id)) {
      fuzz::require(key->packed() == id, "one spelling per place in a queue");
    }
    if (const auto bytes = lull::text::fromBase64Url(id)) {
      fuzz::require(lull::text::toBase64Url(*bytes) == id, "one spelling per value");
    }
  }
  return 0;
}
