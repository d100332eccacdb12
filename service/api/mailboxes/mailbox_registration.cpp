#include "mailboxes/mailbox_registration.hpp"

#include "endpoints/registration_input.hpp"
#include "endpoints/representations.hpp"
#include "object_reader.hpp"

#include <string>
#include <utility>

namespace lull::api {

std::optional<Registration> readMailboxChange(const http::Json& body, const Registration& stored, bool isPatch,
                                              InputErrors& errors) {
  const ObjectReader reader(body, "", errors);
  const auto shown = registrationJson(stored);
  auto next = stored;
  if (body.is_object()) {
    for (const auto& [name, value] : body.items()) {
      const bool isSame = shown.contains(name) && shown.at(name) == value;
      if (name == "enabled" || isSame || isReadOnlyProperty(name)) continue;
      reader.note(name, "Of a mailbox only enabled can be changed here; its client changes its subscriptions.");
    }
  }
  // A PUT that leaves it out resumes, as it does with any endpoint.
  if (reader.isNull("enabled")) reader.note("enabled", "It must be true or false.");
  next.enabled = reader.boolean("enabled").value_or(!isPatch || stored.enabled);
  if (!errors.empty()) return std::nullopt;
  return next;
}

Status refuseMailbox(const Endpoint& endpoint, std::string_view sentence) {
  if (!endpoint.registration.isMailbox()) return Done{};
  return Error{ErrorCode::Conflict, std::string(sentence)};
}

}  // namespace lull::api
