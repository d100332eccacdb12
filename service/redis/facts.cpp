#include "facts.hpp"

#include "packing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace lull::redis {

namespace {

// Ends each part. It occurs in no text, because texts are UTF-8.
constexpr char kEnd = '\xFF';
constexpr char kType = 't';
constexpr char kScope = 's';
constexpr char kField = 'f';
constexpr unsigned kAnyField = 32;

constexpr std::array kOperations{Operation::Create, Operation::Update, Operation::Delete};

unsigned bitOf(Operation operation) {
  return 1U << static_cast<unsigned>(operation);
}

class Packer {
 public:
  explicit Packer(unsigned flags) : packed_{static_cast<char>(flags), kEnd} {}

  void add(char letter, std::string_view text) { ((packed_ += letter) += text) += kEnd; }
  std::string take() { return std::move(packed_); }

 private:
  std::string packed_;
};

// Calls `take` with the letter and the text of each part; returns the flags.
template <class Take>
unsigned read(std::string_view packed, const Take& take) {
  if (packed.size() < 2 || packed[1] != kEnd) throw UnreadableValue("facts have an unknown form");
  const auto flags = static_cast<unsigned char>(packed[0]);
  for (packed.remove_prefix(2); !packed.empty();) {
    const auto end = packed.find(kEnd);
    if (end == std::string_view::npos || end == 0) throw UnreadableValue("a part of facts has no end");
    take(packed[0], packed.substr(1, end - 1));
    packed.remove_prefix(end + 1);
  }
  return flags;
}

}  // namespace

std::string packFacts(const Event& event) {
  Packer packer(bitOf(event.operation) | (event.changedFields ? 0U : kAnyField));
  packer.add(kType, event.type);
  if (!event.scope.empty()) packer.add(kScope, event.scope);
  if (event.changedFields) {
    for (const auto& field : *event.changedFields) packer.add(kField, field);
  }
  return packer.take();
}

void readFacts(std::string_view packed, Payload& into) {
  std::vector<std::string> fields;
  const auto flags = read(packed, [&](char letter, std::string_view text) {
    if (letter == kType) into.eventType = text;
    if (letter == kScope) into.scope = text;
    if (letter == kField) fields.emplace_back(text);
  });
  const auto operation =
      std::ranges::find_if(kOperations, [&](Operation one) { return (flags & ~kAnyField) == bitOf(one); });
  if (operation == kOperations.end()) throw UnreadableValue("facts of an event have an unknown operation");
  into.operation = *operation;
  if ((flags & kAnyField) == 0) into.changedFields = std::move(fields);
}

std::string packFilter(const Filter& filter) {
  if (filter.listsNothing()) return {};
  unsigned operations = 0;
  for (const auto operation : filter.operations) operations |= bitOf(operation);
  Packer packer(operations);
  for (const auto& type : filter.events) packer.add(kType, type);
  for (const auto& scope : filter.scopes) packer.add(kScope, scope);
  for (const auto& field : filter.fields) packer.add(kField, field);
  return packer.take();
}

Filter readFilter(std::string_view packed) {
  Filter filter;
  if (packed.empty()) return filter;
  const auto operations = read(packed, [&](char letter, std::string_view text) {
    if (letter == kType) filter.events.emplace_back(text);
    if (letter == kScope) filter.scopes.emplace_back(text);
    if (letter == kField) filter.fields.emplace_back(text);
  });
  for (const auto operation : kOperations) {
    if ((operations & bitOf(operation)) != 0) filter.operations.push_back(operation);
  }
  return filter;
}

}  // namespace lull::redis
