#include "model/words.hpp"

#include <array>

namespace lull::model {

namespace {

using Words = std::vector<std::string>;

// Of the first change type, and of the second.
constexpr std::array<const char*, 4> kAssetTypes{"AssetCreated", "AssetMetadataUpdated", "AssetMetadataUpdated",
                                                 "AssetDeleted"};
constexpr std::array<const char*, 2> kMetafieldTypes{"MetafieldCreated", "MetafieldMetadataUpdated"};

const Words& allTypes() {
  static const Words words{"AssetCreated", "AssetMetadataUpdated", "AssetDeleted", "MetafieldCreated",
                           "MetafieldMetadataUpdated"};
  return words;
}
const Words& allFields() {
  static const Words words{"title", "status", "note"};
  return words;
}
const Words& allScopes() {
  static const Words words{"AA", "BB"};
  return words;
}
const std::vector<Operation>& allOperations() {
  static const std::vector<Operation> operations{Operation::Create, Operation::Update, Operation::Delete};
  return operations;
}

// Some of these names alone are as many as a window keeps, or are as long.
Words manyFields(Random& random) {
  constexpr std::size_t kMany = 150;
  constexpr std::size_t kShortest = 55;
  constexpr std::size_t kLongest = 97;
  const bool isLong = below(random, 2) == 0;
  const std::string prefix(isLong ? kShortest + below(random, kLongest - kShortest + 1) : 0, 'x');
  const auto first = isLong ? 0 : 120 * below(random, 2);
  Words names;
  for (std::size_t i = 0; i < kMany; ++i) names.push_back(prefix + std::to_string(first + i));
  return names;
}

// About half of them, and at least one.
template <class T>
std::vector<T> someOf(const std::vector<T>& all, Random& random) {
  std::vector<T> some;
  for (const auto& one : all)
    if (below(random, 2) == 0) some.push_back(one);
  if (some.empty()) some.push_back(all[below(random, all.size())]);
  return some;
}

}  // namespace

void drawFacts(Event& event, Random& random) {
  event.type = event.changeType == 1 ? kAssetTypes[below(random, kAssetTypes.size())]
                                     : kMetafieldTypes[below(random, kMetafieldTypes.size())];
  // A publisher may say another operation than the name of the type does.
  event.operation = below(random, 3) == 0 ? allOperations()[below(random, 3)] : operationByName(event.type);
  if (below(random, 4) != 0) event.scope = allScopes()[below(random, 2)];
  constexpr std::size_t kLongScope = 100;
  if (below(random, 24) == 0) event.scope = std::string(kLongScope, 'C');
  if (below(random, 24) == 0) {
    event.changedFields = manyFields(random);
    return;
  }
  switch (below(random, 6)) {
    case 0:
      break;  // nobody says what it changed
    case 1:
      event.changedFields.emplace();
      break;
    case 2:
      event.changedFields = someOf(allFields(), random);
      break;
    default:
      event.changedFields = {allFields()[below(random, allFields().size())]};
  }
}

Filter drawFilter(Random& random) {
  Filter filter;
  while (filter.listsNothing()) {
    if (below(random, 4) == 0) filter.events = someOf(allTypes(), random);
    if (below(random, 4) == 0) filter.operations = someOf(allOperations(), random);
    if (below(random, 2) == 0) filter.fields = someOf(allFields(), random);
    if (below(random, 3) == 0) filter.scopes = someOf(allScopes(), random);
  }
  return filter;
}

Filter refusingAll() {
  return {{}, {}, {}, {"nobody's"}};
}

}  // namespace lull::model
