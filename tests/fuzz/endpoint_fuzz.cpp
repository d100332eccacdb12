#include "api/endpoints/registration_input.hpp"
#include "api/endpoints/representations.hpp"
#include "fuzz.hpp"

#include <lull/http/json.hpp>

#include <algorithm>
#include <regex>
#include <string>

namespace {

using namespace lull;

Registration stored() {
  Registration registration;
  registration.name = "stored";
  registration.webhook().url = "https://receiver.example/in";
  registration.changeTypes = 3;
  registration.webhook().headers = {{"Authorization", "Bearer stored-value"}, {"X-Other", "stored-other"}};
  registration.webhook().secrets.current = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  return registration;
}

bool isSafe(const std::string& value) {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The origin of `stored()`, however it is spelled: scheme and host without regard to case, the usual port or none.
bool isStoredOrigin(const std::string& url) {
  static const std::regex origin(R"(^https://receiver\.example\.?(:0*443)?([/?]|$))", std::regex::icase);
  return std::regex_search(url, origin);
}

}  // namespace

/// The body of POST, PUT and PATCH of an endpoint; the first byte chooses. Nothing stored is shown or sent elsewhere.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalogue catalogue(builtinChangeTypes());
  static const formats::Formats formats({}, {{"source", "/lull"}}, IdField::BaseId);
  static const api::Vocabulary vocabulary{catalogue, formats};
  fuzz::Input input(data, size);
  const auto kind = input.byte() % 3;
  api::InputErrors errors;
  auto body = api::parseJson(input.rest(), errors);
  fuzz::require(body.has_value() == errors.empty(), "there is JSON or an error");
  if (!body) return 0;
  const auto before = stored();
  if (kind == 2) body = api::applyMergePatch(before, *body, errors);
  const auto read = api::readRegistration(*body, kind == 0 ? nullptr : &before, vocabulary, errors);
  fuzz::require(read.has_value() == errors.empty(), "there is a registration or an error");
  for (const auto& field : errors.toError().fields) {
    fuzz::require(field.detail.find("stored-") == std::string::npos, "an error shows no stored value");
  }
  if (!read) return 0;
  const auto& registration = read->registration;
  fuzz::require((registration.changeTypes & ~catalogue.mask()) == 0 && registration.changeTypes != 0, "known bits");
  fuzz::require(!registration.format || formats.find(*registration.format) != nullptr, "a known format");
  fuzz::require(!(registration.format && registration.idField), "format or idField");
  const auto& filter = registration.filter;
  for (const auto& name : filter.events) fuzz::require(catalogue.event(name) != nullptr, "a known event");
  fuzz::require(filter.fields.size() <= Filter::kMostEntries, "a bounded filter");
  const bool elsewhere = !isStoredOrigin(registration.webhook().url);
  for (const auto& [name, value] : registration.webhook().headers) {
    fuzz::require(isSafe(name) && isSafe(value), "a header cannot end its line");
    const bool kept = value.find("stored-") != std::string::npos;
    const bool given = input.rest().find("stored-") != std::string_view::npos;
    fuzz::require(!kept || given || (kind != 0 && !elsewhere), "stored values stay at their origin");
  }
  const Endpoint endpoint{"ep_00000000000000000000", registration, {}, {}, 1};
  const auto shown = http::dump(api::endpointJson(endpoint, {}, vocabulary));
  for (const auto& [name, value] : before.webhook().headers) {
    fuzz::require(shown.find(value) == std::string::npos || input.rest().find(value) != std::string_view::npos,
                  "a reply shows no stored value");
  }
  return 0;
}
