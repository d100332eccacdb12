#pragma once

#include "model/state.hpp"

#include <lull/redis/connection.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The packed values and the replies of Redis as values of the model. All throw when a value cannot be read.
namespace lull::model {

std::int64_t number(const std::string& text);
std::uint64_t natural(const redis::Reply& reply);
std::map<KeyName, Ms> scoresOf(const redis::Reply& reply);

/// Where a message stands in its queue: when it is due, and which place of that millisecond it has.
struct Place {
  Ms due = 0;
  int place = 0;
};
std::map<KeyName, Place> placesOf(const redis::Reply& reply);

WindowModel readWindow(std::string_view packed);
StreamEvent readStreamEvent(std::string_view packed);
/// The due time of a waiting message is its score, and the token and the marks of an earlier attempt and of being alone
/// mean something only under a lease: the caller sets what is left out here.
MessageModel readMessage(std::string_view packed, bool& leased);
std::vector<AttemptMark> readMarks(const std::string& packed);
LetterModel readLetter(std::string_view packed);
/// Returns the bytes that the endpoint's messages are said to hold.
std::uint64_t readState(const redis::Reply& fields, EndpointModel& endpoint);

}  // namespace lull::model
