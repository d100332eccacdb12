#pragma once

#include <lull/http/response.hpp>
#include <lull/mailboxes/polls.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace lull::api {

/// How a face writes what was seen of a mailbox; without a next message nothing came in time.
using GlanceForm = std::function<http::Response(const ports::Glance&)>;

/// A call that looked into a mailbox, saw no message that it could have, and waits for one.
class WaitingPeek final : public http::Waiting {
 public:
  struct Asked {
    std::chrono::milliseconds wait;
    std::uint64_t count = 0;  ///< messages that were seen, all of them locked
    GlanceForm form;
    std::string traceId;  ///< of a problem that ends the waiting
  };
  /// `polls` outlives it.
  WaitingPeek(lull::mailboxes::Polls& polls, lull::mailboxes::Polls::Ticket ticket, Asked asked)
      : polls_(polls), ticket_(std::move(ticket)), asked_(std::move(asked)) {}

  void begin(std::function<void(http::Response)> answer) override;
  void gone() override { ticket_.reset(); }

 private:
  lull::mailboxes::Polls& polls_;
  std::optional<lull::mailboxes::Polls::Ticket> ticket_;
  Asked asked_;
};

}  // namespace lull::api
