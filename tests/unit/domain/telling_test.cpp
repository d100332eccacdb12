#include <lull/domain/telling.hpp>

#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

namespace lull {
namespace {

constexpr std::array kDeliveries{Delivery::Debounced, Delivery::Every, Delivery::Sync};
constexpr std::array kOrders{Order::Item, Order::Endpoint, Order::None};
constexpr std::array kOnFailures{OnFailure::Skip, OnFailure::Stop};
constexpr std::array kResults{Results::ByStatus, Results::ByBody};

/// Every combination there is, one per line, with the properties that are at fault.
std::string allCombinations() {
  std::ostringstream out;
  for (const auto delivery : kDeliveries) {
    for (const auto order : kOrders) {
      for (const auto onFailure : kOnFailures) {
        for (const auto results : kResults) {
          out << toString(delivery) << ' ' << toString(order) << ' ' << toString(onFailure) << ' ' << toString(results);
          for (const auto& fault : faultsOf({delivery, order, onFailure, results})) out << ' ' << fault.pointer;
          out << '\n';
        }
      }
    }
  }
  return out.str();
}

TEST(Telling, OfAllCombinationsThoseOfTheTableAreAllowed) {
  EXPECT_EQ(allCombinations(), R"(debounced item skip status
debounced item skip body /results
debounced item stop status /onFailure
debounced item stop body /onFailure /results
debounced endpoint skip status /order
debounced endpoint skip body /order
debounced endpoint stop status /order
debounced endpoint stop body /order
debounced none skip status /order
debounced none skip body /order /results
debounced none stop status /order /onFailure
debounced none stop body /order /onFailure /results
every item skip status
every item skip body /results
every item stop status /onFailure
every item stop body /onFailure /results
every endpoint skip status
every endpoint skip body
every endpoint stop status
every endpoint stop body
every none skip status
every none skip body /results
every none stop status /onFailure
every none stop body /onFailure /results
sync item skip status
sync item skip body
sync item stop status /onFailure
sync item stop body /onFailure
sync endpoint skip status /order
sync endpoint skip body /order
sync endpoint stop status /order
sync endpoint stop body /order
sync none skip status /order
sync none skip body /order
sync none stop status /order /onFailure
sync none stop body /order /onFailure
)");
}

TEST(Telling, ChangesItsDeliveryAndOrderOnlyWithNothingInHand) {
  const Telling item{Delivery::Every, Order::Item};
  const Telling lane{Delivery::Every, Order::Endpoint};
  const Telling debounced{};
  for (const auto& [stored, next] : std::vector<std::pair<Telling, Telling>>{
           {item, lane}, {lane, item}, {debounced, item}, {item, debounced}, {debounced, lane}}) {
    EXPECT_TRUE(judgeChange(stored, next, {}).ok());
    for (const auto& holdings : {Holdings{1, 0}, Holdings{0, 1}, Holdings{1'000'000, 100'000}}) {
      const auto judged = judgeChange(stored, next, holdings);
      ASSERT_FALSE(judged.ok());
      EXPECT_EQ(judged.error().code, ErrorCode::Conflict);
    }
  }
  EXPECT_NE(judgeChange(item, lane, {1, 2}).error().message.find("1 message in its queue and 2 dead letters. Wait"),
            std::string::npos);
}

TEST(Telling, ChangesWhatAnAnswerAndAFailureMeanAtAnyTime) {
  Telling stored{Delivery::Every, Order::Endpoint, OnFailure::Skip, Results::ByStatus};
  for (const auto onFailure : kOnFailures) {
    for (const auto results : kResults) {
      EXPECT_TRUE(judgeChange(stored, {stored.delivery, stored.order, onFailure, results}, {7, 7}).ok());
    }
  }
}

TEST(Telling, IsReadAsItIsWritten) {
  for (const auto one : kDeliveries) EXPECT_EQ(parseDelivery(toString(one)), one);
  for (const auto one : kOrders) EXPECT_EQ(parseOrder(toString(one)), one);
  for (const auto one : kOnFailures) EXPECT_EQ(parseOnFailure(toString(one)), one);
  for (const auto one : kResults) EXPECT_EQ(parseResults(toString(one)), one);
  EXPECT_FALSE(parseDelivery("Every") || parseOrder("") || parseOnFailure("pause") || parseResults("bodies"));
}

}  // namespace
}  // namespace lull
