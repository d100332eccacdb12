#include "fuzz.hpp"

#include <lull/net/receiver_result.hpp>
#include <lull/text/utf8.hpp>

#include <string>

/// The body of an ordered receiver's answer: the first two bytes choose the status and whether all of it was read.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  fuzz::Input input(data, size);
  const int status = static_cast<int>(100 + 2 * input.byte());
  const bool whole = (input.byte() & 1U) == 0;
  const auto body = input.rest();
  const auto answer = net::resultOf(status, {body, whole});
  const bool success = status >= 200 && status < 300;
  fuzz::require(answer.has_value() == success, "every 2xx has a result, and nothing else has");
  if (!answer) return 0;
  fuzz::require(answer->message.size() <= net::kMostResultMessageBytes, "a message is at most 1 KiB");
  fuzz::require(text::isUtf8(answer->message), "a message is text");
  fuzz::require(receiverResultOf(static_cast<std::uint64_t>(answer->result)) == answer->result,
                "there are four results");
  if (!whole) fuzz::require(answer->result == ReceiverResult::Error, "half an answer is an error");
  if (answer->result == ReceiverResult::Error || body.empty()) return 0;
  // An answer that is good ends with its brace: neither less nor more is good.
  const auto end = body.find_last_of('}');
  fuzz::require(end != std::string_view::npos, "a result is an object");
  fuzz::require(net::resultOf(status, {body.substr(0, end)})->result == ReceiverResult::Error, "half a result is none");
  for (const auto* surplus : {"x", "\0", "{}"}) {
    const auto more = std::string(body).append(surplus, 1);
    fuzz::require(net::resultOf(status, {more})->result == ReceiverResult::Error, "nothing stands behind a result");
  }
  return 0;
}
