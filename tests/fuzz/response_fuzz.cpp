#include "fuzz.hpp"
#include "net/redaction.hpp"

#include <lull/net/response_policy.hpp>
#include <lull/text/utf8.hpp>

/// What a receiver answers: a status, Retry-After (first line), the body (the rest), which may repeat header values.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull;
  static const net::ResponsePolicy policy{StatusSet::parse("2xx").value(), StatusSet::parse("400,501").value(),
                                          Millis{86'400'000}};
  fuzz::Input input(data, size);
  ports::HttpAnswer answer;
  answer.status = static_cast<int>(100 + ((input.byte() << 8U) | input.byte()) % 500);
  answer.retryAfter = input.line();
  const std::string value(input.line());
  answer.excerpt = input.rest();
  const auto result = net::classify(answer, policy, instantOf(1'764'000'000'000));
  fuzz::require(result.responseExcerpt.size() <= 1024, "an excerpt is at most 1 KiB");
  fuzz::require(text::isUtf8(result.responseExcerpt), "an excerpt is valid UTF-8");
  fuzz::require(!result.retryAfter || (*result.retryAfter >= Millis{0} && *result.retryAfter <= policy.maxRetryAfter),
                "Retry-After is within its bounds");
  const auto shown = net::withoutValues(result.responseExcerpt, {{"X-Value", value}});
  fuzz::require(shown.size() <= result.responseExcerpt.size(), "hiding values makes nothing longer");
  const bool isSecret = value.size() >= 4 && value.find_first_of(std::string_view("*\0", 2)) == std::string::npos;
  fuzz::require(!isSecret || shown.find(value) == std::string::npos, "no header value is shown");
  return 0;
}
