#include <lull/domain/telling.hpp>

#include <string>

namespace lull {

namespace {

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

std::vector<FieldError> faultsOf(const Telling& telling) {
  const bool oneLane = telling.order == Order::Endpoint;
  std::vector<FieldError> faults;
  if (telling.order != Order::Item && telling.delivery != Delivery::Every) {
    faults.push_back({"/order", "Only endpoints with delivery every have another order than item."});
  }
  if (telling.onFailure == OnFailure::Stop && !oneLane) {
    faults.push_back({"/onFailure", "Only endpoints with order endpoint can stop at a failure."});
  }
  if (telling.results == Results::ByBody && !oneLane && telling.delivery != Delivery::Sync) {
    faults.push_back({"/results", "Only endpoints with order endpoint or delivery sync give results in the body."});
  }
  return faults;
}

Status judgeChange(const Telling& stored, const Telling& next, const Holdings& holdings) {
  const bool same = stored.delivery == next.delivery && stored.order == next.order;
  if (same || (holdings.queued == 0 && holdings.deadLetters == 0)) return Done{};
  return Error{ErrorCode::Conflict,
               "delivery and order change only while the endpoint holds no message: it has " +
                   counted(holdings.queued, "message", "messages") + " in its queue and " +
                   counted(holdings.deadLetters, "dead letter", "dead letters") +
                   ". Wait until they are delivered or purge them (POST /endpoints/{id}/queue/purge, POST "
                   "/dead-letters/purge), or register another endpoint."};
}

}  // namespace lull
