#include "loadgen/body.hpp"

#include <array>
#include <charconv>

namespace lull::bench {
namespace {

void appendNumber(std::uint64_t value, std::string& out) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

std::string headOf(const LoadOptions& options, const std::string& target) {
  std::string head = "POST " + options.path + " HTTP/1.1\r\nHost: " + target + "\r\n";
  head += options.body == BodyKind::kNdjson ? "Content-Type: application/x-ndjson\r\n"
                                            : "Content-Type: application/json\r\n";
  for (const auto& header : options.headers) {
    head += header + "\r\n";
  }
  return head + "Content-Length: ";
}

}  // namespace

RequestBuilder::RequestBuilder(const LoadOptions& options)
    : kind_(options.body),
      eventsPerRequest_(kind_ == BodyKind::kArray || kind_ == BodyKind::kNdjson ? options.batch : 1),
      items_(options) {
  for (const auto& target : options.targets) {
    heads_.push_back(headOf(options, target));
  }
  if (kind_ == BodyKind::kNotification) {
    beforeItem_ = R"({"ChangeType":1,"Data":{"ItemId":)";
    afterItem_ = R"(,"BaseId":12}})";
  } else {
    beforeItem_ = R"({"type":")" + options.type + R"(","itemId":)";
    afterItem_ = R"(,"baseId":12)";
    if (options.dataBytes >= 2) {
      afterItem_ += R"(,"data":")" + std::string(options.dataBytes - 2, 'x') + '"';
    }
    afterItem_ += '}';
  }
}

void RequestBuilder::appendEvent(std::uint64_t item) {
  body_ += beforeItem_;
  appendNumber(item, body_);
  body_ += afterItem_;
}

std::uint64_t RequestBuilder::append(std::size_t target, std::string& out) {
  body_.clear();
  if (kind_ == BodyKind::kArray) {
    body_ += '[';
  }
  const std::uint64_t first = items_.next();
  appendEvent(first);
  for (std::uint64_t i = 1; i < eventsPerRequest_; ++i) {
    body_ += kind_ == BodyKind::kArray ? ',' : '\n';
    appendEvent(items_.next());
  }
  if (kind_ == BodyKind::kArray) {
    body_ += ']';
  } else if (kind_ == BodyKind::kNdjson) {
    body_ += '\n';
  }
  out += heads_[target];
  appendNumber(body_.size(), out);
  out += "\r\n\r\n";
  out += body_;
  return first;
}

}  // namespace lull::bench
