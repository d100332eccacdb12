#include "endpoints/filter_input.hpp"

#include "object_reader.hpp"

#include <lull/http/message_head.hpp>
#include <lull/text/nearest.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace lull::api {

namespace {

constexpr std::string_view kPointer = "/filter";
constexpr std::array<std::string_view, 4> kLists{"events", "operations", "fields", "scopes"};
constexpr std::array<std::string_view, 3> kOperations{"create", "update", "delete"};

class FilterReader {
 public:
  FilterReader(const http::Json& json, const Catalogue& catalogue, const Filter* stored, InputErrors& errors)
      : json_(json),
        reader_(json, std::string(kPointer), errors),
        catalogue_(catalogue),
        stored_(stored),
        errors_(errors) {}

  Filter read() {
    if (!json_.is_object()) return {};
    unknownLists();
    Filter filter;
    filter.events = list("events", [&](const std::string& name) { return eventFault(name); });
    for (const auto& name : list("operations", operationFault)) {
      if (const auto operation = parseOperation(name)) filter.operations.push_back(*operation);
    }
    filter.fields = list("fields", lengthFault);
    filter.scopes = list("scopes", lengthFault);
    judgeSize(filter);
    return filter;
  }

 private:
  void unknownLists() {
    const std::vector<std::string_view> known(kLists.begin(), kLists.end());
    for (const auto& [name, unused] : json_.items()) {
      if (std::ranges::find(known, name) != known.end()) continue;
      errors_.add(http::below(std::string(kPointer), name),
                  "A filter has no such list; the nearest is " + std::string(text::nearest(name, known)) + ".");
    }
  }

  template <class Fault>
  std::vector<std::string> list(std::string_view name, const Fault& faultOf) {
    auto entries = reader_.texts(name, Filter::kMostEntries).value_or(std::vector<std::string>{});
    const auto pointer = http::below(std::string(kPointer), std::string(name));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto at = http::below(pointer, std::to_string(i));
      const auto before = std::span(entries).first(i);
      auto fault = faultOf(entries[i]);
      if (fault.empty() && std::ranges::find(before, entries[i]) != before.end()) fault = "It is listed twice.";
      if (!fault.empty()) errors_.add(at, std::move(fault));
    }
    return entries;
  }

  std::string eventFault(const std::string& name) const {
    if (catalogue_.event(name) != nullptr) return {};
    if (stored_ != nullptr && std::ranges::find(stored_->events, name) != stored_->events.end()) return {};
    std::vector<std::string_view> known;
    for (const auto& type : catalogue_.types()) {
      for (const auto& event : type.events) known.emplace_back(event.name);
    }
    return "There is no event type of this name; the nearest is " + std::string(text::nearest(name, known)) +
           ". GET /change-types lists them.";
  }

  static std::string operationFault(const std::string& name) {
    if (parseOperation(name)) return {};
    return "There is no such operation; the nearest is " +
           std::string(text::nearest(name, {kOperations.begin(), kOperations.end()})) + ".";
  }

  static std::string lengthFault(const std::string& name) {
    const auto characters = text::countCharacters(name);
    return characters >= 1 && characters <= Filter::kMostCharacters ? "" : "It must be a text of 1 to 100 characters.";
  }

  void judgeSize(const Filter& filter) {
    std::size_t bytes = 0;
    for (const auto* entries : {&filter.events, &filter.fields, &filter.scopes}) {
      for (const auto& entry : *entries) bytes += entry.size() + 2;
    }
    if (bytes > Filter::kMostBytes) {
      errors_.add(std::string(kPointer), "Its entries hold more than 8 KiB; use shorter or fewer ones.");
    }
  }

  const http::Json& json_;
  ObjectReader reader_;
  const Catalogue& catalogue_;
  const Filter* stored_;
  InputErrors& errors_;
};

}  // namespace

Filter readFilter(const http::Json& json, const Catalogue& catalogue, const Filter* stored, InputErrors& errors) {
  return FilterReader(json, catalogue, stored, errors).read();
}

http::Json filterJson(const Filter& filter) {
  if (filter.listsNothing()) return {};
  auto json = http::Json::object();
  if (!filter.events.empty()) json["events"] = filter.events;
  for (const auto operation : filter.operations) json["operations"].push_back(toString(operation));
  if (!filter.fields.empty()) json["fields"] = filter.fields;
  if (!filter.scopes.empty()) json["scopes"] = filter.scopes;
  return json;
}

}  // namespace lull::api
