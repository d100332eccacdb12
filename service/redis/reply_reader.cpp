#include "reply_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lull::redis {

namespace {

// 9999-12-31T23:59:59.999Z: later times cannot be written in RFC 3339.
constexpr std::int64_t kLastMillis = 253'402'300'799'999;

template <class Integer>
Integer wholeNumber(std::string_view text) {
  Integer value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (text.empty() || failure != std::errc{} || stop != end) throw UnreadableValue("a number is none");
  return value;
}

const std::vector<Reply>& arrayOf(const Reply& reply) {
  if (reply.kind != Reply::Kind::Array) throw UnreadableValue("an answer is no list");
  return reply.items;
}

}  // namespace

std::int64_t numberOf(std::string_view text) {
  return wholeNumber<std::int64_t>(text);
}

std::uint64_t unsignedOf(std::string_view text) {
  return wholeNumber<std::uint64_t>(text);
}

std::uint64_t unsignedOr0(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc{} && stop == end ? value : 0;
}

Instant instantOfScore(std::string_view score) {
  double value = 0;
  const auto* const end = score.data() + score.size();
  const auto [stop, failure] = std::from_chars(score.data(), end, value);
  if (score.empty() || failure != std::errc{} || stop != end || std::isnan(value)) {
    throw UnreadableValue("a score is no number");
  }
  return instantOf(static_cast<std::int64_t>(std::clamp(std::ceil(value), 0.0, static_cast<double>(kLastMillis))));
}

ReplyItems::ReplyItems(const Reply& reply) : items_(arrayOf(reply)) {}

const Reply& ReplyItems::at(std::size_t place) const {
  if (place >= items_.size()) throw UnreadableValue("an answer is too short");
  return items_[place];
}

std::int64_t ReplyItems::integer(std::size_t place) const {
  return integerOf(at(place));
}

std::uint64_t ReplyItems::count(std::size_t place) const {
  return countOf(at(place));
}

const std::string& ReplyItems::text(std::size_t place) const {
  const auto& item = at(place);
  if (item.kind != Reply::Kind::String && item.kind != Reply::Kind::Status) {
    throw UnreadableValue("an answer holds no text where one belongs");
  }
  return item.text;
}

const std::string& ReplyItems::textOrEmpty(std::size_t place) const {
  const auto& item = at(place);
  return item.kind == Reply::Kind::Nil ? item.text : text(place);
}

std::int64_t integerOf(const Reply& reply) {
  if (reply.kind != Reply::Kind::Integer) throw UnreadableValue("an answer is no number");
  return reply.integer;
}

std::uint64_t countOf(const Reply& reply) {
  const auto value = integerOf(reply);
  if (value < 0) throw UnreadableValue("an answer is a negative number");
  return static_cast<std::uint64_t>(value);
}

}  // namespace lull::redis
