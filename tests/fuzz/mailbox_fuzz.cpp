#include "api/events/event_rules.hpp"
#include "api/mailboxes/mailbox_input.hpp"
#include "api/mailboxes/publication.hpp"
#include "fuzz.hpp"

#include <lull/http/query_string.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace {

using namespace lull;

constexpr std::array<std::string_view, 5> kNames{"subscriberId", "messageId", "companyCode", "timeout", "lockTimeout"};
constexpr std::string_view kAllowed = "subscriberId messageId companyCode timeout lockTimeout";

std::ptrdiff_t timesGiven(std::string_view raw, std::string_view name) {
  const auto all = http::splitQuery(raw);
  return std::ranges::count_if(all, [&](const auto& one) { return one && one->first == name; });
}

/// The query is the first line, the form is the rest.
void readParameters(fuzz::Input& input) {
  const auto raw = input.line();
  const auto form = input.rest();
  api::InputErrors errors;
  const api::Query query(raw, form, kAllowed, errors);
  const bool isRead = form.size() <= api::Query::kMostOfForm;
  fuzz::require(isRead || !errors.empty(), "a form that is too long is refused");
  for (const auto name : kNames) {
    const auto given = timesGiven(raw, name) + (isRead ? timesGiven(form, name) : 0);
    fuzz::require(given < 2 || !errors.empty(), "what is given twice is refused");
    fuzz::require(query.text(name).has_value() == (given > 0), "what is given once is read");
  }
  const auto wait = api::waitIn(query, "timeout", errors);
  fuzz::require(wait >= Millis{0} && wait <= std::chrono::seconds(api::kMostWaitSeconds), "a wait is bounded");
  const auto lock = api::lockTimeIn(query, "lockTimeout");
  fuzz::require(lock >= std::chrono::seconds(api::kLeastLockSeconds), "a lock lasts a while");
  fuzz::require(lock <= std::chrono::seconds(api::kMostLockSeconds), "a lock is bounded");
  const auto scope = api::scopeIn(query, "companyCode", errors);
  const auto id = api::requiredText(query, "subscriberId", errors);
  if (!errors.empty()) return;
  fuzz::require(text::isUtf8(scope) && text::countCharacters(scope) <= api::kMaxScopeCharacters,
                "a scope is a short text");
  fuzz::require(text::isUtf8(id) && !id.empty(), "an id is a text");
}

void readBody(std::string_view body) {
  api::InputErrors errors;
  const auto read = api::readPublication(body, errors);
  fuzz::require(read.has_value() == errors.empty(), "there is a publication or an error");
  if (!read) return;
  fuzz::require(!read->data.empty() && read->data.size() <= api::kMaxEventData, "data is bounded");
  fuzz::require(body.find(read->data) != std::string_view::npos, "data is passed through as it was sent");
  if (!read->itemId) return;
  fuzz::require(read->data.starts_with('{'), "an object names its item");
  fuzz::require(!read->itemId->text().empty() && text::isUtf8(read->itemId->text()), "ids are valid text");
  fuzz::require(text::countCharacters(read->itemId->text()) <= ItemId::kMaxCharacters, "ids are bounded");
}

}  // namespace

/// The parameters of a classic call of a mailbox, in its query and in a form, or the body of a publication; the first
/// byte chooses.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  if (input.byte() % 2 == 0) {
    readParameters(input);
  } else {
    readBody(input.rest());
  }
  return 0;
}
