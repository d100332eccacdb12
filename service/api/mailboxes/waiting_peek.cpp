#include "mailboxes/waiting_peek.hpp"

#include "problem.hpp"

namespace lull::api {

void WaitingPeek::begin(std::function<void(http::Response)> answer) {
  // What answers may outlive this object by a moment, so it shares nothing with it.
  auto tell = [answer = std::move(answer), form = std::move(asked_.form),
               traceId = std::move(asked_.traceId)](const Result<ports::Glance>& seen) {
    if (seen) return answer(form(*seen));
    const auto& error = seen.error();
    answer(problemResponse({kindOf(error.code), error.message, error.fields, traceId}));
  };
  polls_.wait(*ticket_, asked_.wait, asked_.count, std::move(tell));
}

}  // namespace lull::api
