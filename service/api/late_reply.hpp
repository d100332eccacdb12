#pragma once

#include <lull/http/response.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lull::api {

/// The status in the journal of a request whose client hung up before its answer came. It is never sent.
inline constexpr int kClientGone = 499;

/// A handler's request that is answered later, with what the pipeline does to every response: its headers for pages of
/// other origins, and its lines in the journal. Nothing of the request's head is kept. Thread-safe.
class LateReply final : public http::Waiting, public std::enable_shared_from_this<LateReply> {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// Called once, with the status of the answer, and never once the listener has ended.
  using Record = std::function<void(int status)>;

  LateReply(std::shared_ptr<http::Waiting> inner, Headers headers, Record record)
      : inner_(std::move(inner)), headers_(std::move(headers)), record_(std::move(record)) {}

  void begin(std::function<void(http::Response)> answer) override {
    const auto inner = [this] {
      const std::lock_guard guard(mutex_);
      return inner_;
    }();
    if (!inner) return;
    inner->begin([self = shared_from_this(), answer = std::move(answer)](http::Response response) {
      const auto ended = self->end(response.status);  // it may hold this function, so it lives until the return
      if (!ended) return;
      for (const auto& header : self->headers_) response.headers.push_back(header);
      answer(std::move(response));
    });
  }

  void gone() override {
    if (const auto inner = end(kClientGone)) inner->gone();
  }

 private:
  /// What has waited until now; nullptr when it ended before. The record is written with the lock held: the listener
  /// ends only after gone() has returned, and so after a record that another thread is writing.
  std::shared_ptr<http::Waiting> end(int status) {
    const std::lock_guard guard(mutex_);
    if (inner_) std::exchange(record_, nullptr)(status);
    return std::exchange(inner_, nullptr);
  }

  std::mutex mutex_;
  std::shared_ptr<http::Waiting> inner_;  // protected by mutex_, as record_; it ends with the wait, as it may hold this
  const Headers headers_;
  Record record_;
};

}  // namespace lull::api
