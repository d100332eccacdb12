#include "endpoints/registration_input.hpp"
#include "endpoints/representations.hpp"

#include <lull/text/ascii.hpp>

namespace lull::api {

namespace {

void patchHeaders(http::Json& headers, const http::Json& patch) {
  if (!headers.is_object()) headers = http::Json::object();
  for (const auto& [name, value] : patch.items()) {
    std::string stored = name;
    for (const auto& [known, unused] : headers.items()) {
      if (text::equalsIgnoringCase(known, name)) stored = known;
    }
    if (value.is_null()) {
      headers.erase(stored);
    } else {
      headers[stored] = value;
    }
  }
}

}  // namespace

http::Json applyMergePatch(const Registration& stored, const http::Json& patch, InputErrors& errors) {
  auto body = registrationJson(stored);
  if (!patch.is_object()) {
    errors.add("", "It must be a JSON object.");
    return body;
  }
  for (const auto& [name, value] : patch.items()) {
    const bool cannotBeRemoved = name == "enabled" || name == "secret";
    if (name == "headers" && value.is_object()) {
      patchHeaders(body[name], value);
    } else if ((name == "filter" || name == "target") && value.is_object() && body[name].is_object()) {
      body[name].merge_patch(value);
    } else if (value.is_null() && !cannotBeRemoved) {
      body.erase(name);
    } else {
      body[name] = value;
    }
  }
  // It is part of one kind of delivery and goes with it.
  if (body.value("delivery", http::Json()) != toString(Delivery::Sync) && !patch.contains("position"))
    body.erase("position");
  return body;
}

}  // namespace lull::api
