#pragma once

#include <lull/formats/formats.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lull::formats::testing {

/// A catalogue in which every word has been chosen somewhere: resources by the change type, by an event, by neither.
inline const Catalogue& catalogue() {
  static const Catalogue kCatalogue = [] {
    auto types = builtinChangeTypes();
    ChangeType people{"PersonChanged", 16, "PersonId", {"PersonCreated", "PersonDeleted"}, "personer"};
    EventType phone("PhoneUpdated");
    phone.resource = "telefoner";
    phone.resourceIdName = "person_id";
    people.events.push_back(phone);
    types.push_back(people);
    types.push_back({"CourseChanged", 32, "CourseId", {"CourseCreated"}, "emner", "emnekode"});
    return Catalogue(std::move(types));
  }();
  return kCatalogue;
}

inline Message message() {
  Message result;
  result.id = "msg_e_1_77";
  result.key = {1, ItemId(4711)};
  result.payload.baseId = ItemId(12);
  result.payload.eventType = "AssetCreated";
  result.payload.operation = Operation::Create;
  result.upto = 1'764'000'000'000'077;
  result.eventCount = 20;
  result.attempts = 3;
  result.occurredAt = instantOf(1'609'459'200'000);  // 2021-01-01T00:00:00Z
  result.sentAt = instantOf(1'539'075'071'295);      // 2018-10-09T08:51:11.295Z
  return result;
}

inline const Values kValues{{"source", "/lull/test"}, {"environment", "prod"}, {"quoted", "a\"b"}};

/// What a template says of a message.
inline std::string rendered(std::string_view json, const Message& of = message()) {
  const auto read = readTemplate(json, kValues);
  if (!read) return "refused: " + read.error().fields.front().detail;
  std::string out;
  read->appendTo(out, of, catalogue());
  return out;
}

}  // namespace lull::formats::testing
