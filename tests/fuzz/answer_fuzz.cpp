#include "fuzz.hpp"
#include "net/answer_reader.hpp"

#include <algorithm>
#include <string>

/// What a receiver writes on a connection: an answer, cut into pieces by the first bytes of the input.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  using State = net::AnswerReader::State;
  fuzz::Input input(data, size);
  const std::string_view cuts = input.take(8);
  const std::string_view bytes = input.rest();

  net::AnswerReader whole;
  whole.feed(bytes);
  net::AnswerReader pieces;
  auto left = bytes;
  bool ended = false;
  for (std::size_t i = 0; !left.empty(); ++i) {
    const auto cut = cuts.empty() ? 1U : static_cast<unsigned char>(cuts[i % cuts.size()]) + 1U;
    const bool before = ended;
    const auto state = pieces.feed(left.substr(0, cut));
    left.remove_prefix(std::min<std::size_t>(cut, left.size()));
    ended = state == State::Whole || state == State::NotHttp || state == State::TooLong;
    fuzz::require(!before || ended, "an answer that has ended stays so");
  }
  fuzz::require(whole.state() == pieces.state(), "pieces come to the same as the whole");
  fuzz::require(whole.keepsConnection() == pieces.keepsConnection(), "pieces keep the connection as the whole does");
  fuzz::require(whole.excerpt() == pieces.excerpt(), "pieces have the excerpt of the whole");
  fuzz::require(whole.retryAfter() == pieces.retryAfter(), "pieces have the Retry-After of the whole");
  fuzz::require(whole.excerpt().size() <= net::AnswerLimits{}.excerptBytes, "an excerpt is at most 1 KiB");
  fuzz::require(whole.retryAfter().size() <= net::LineCutter::kKept, "a value is at most a kept line");
  constexpr auto kMost = net::AnswerLimits{}.headBytes + net::AnswerLimits{}.bodyBytes;
  fuzz::require(bytes.size() <= kMost || whole.state() != State::Head, "a head has an end");
  if (whole.statusCounts()) {
    fuzz::require(whole.status() >= 100 && whole.status() <= 999, "a status has three digits");
    fuzz::require(whole.status() >= 200 || whole.status() == 101, "an interim answer is no answer");
  }
  if (whole.keepsConnection()) {
    net::AnswerReader more;
    more.feed(bytes);
    fuzz::require(more.feed("x") == State::Whole && !more.keepsConnection(), "a byte behind the answer ends it all");
    net::AnswerReader less;
    fuzz::require(less.feed(bytes.substr(0, bytes.size() - 1)) != State::Whole, "nothing ended before the last byte");
  }
  return 0;
}
