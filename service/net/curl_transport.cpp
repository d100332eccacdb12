#include "curl_loop.hpp"

#include <lull/net/curl_transport.hpp>

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace lull::net {

namespace {

constexpr std::size_t kMaxIdleHandles = 1024;
constexpr int kNoTimer = 60'000;  // milliseconds; anything else wakes the loop

void initialiseCurl() {
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
  });
}

ports::HttpAnswer stopped() {
  ports::HttpAnswer answer;
  answer.failure = ports::TransportFailure::Cancelled;
  answer.error = "Lull stopped before the request began.";
  return answer;
}

}  // namespace

CurlTransport::CurlTransport(TransportSettings settings, const AddressGuard& guard)
    : loop_(std::make_unique<Loop>(std::move(settings), guard)) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::post(ports::HttpPost request, Callback done) {
  loop_->post({std::move(request), std::move(done), std::chrono::steady_clock::now()});
}

void CurlTransport::stop() {
  loop_->stop();
}

CurlTransport::Loop::Loop(TransportSettings settings, const AddressGuard& guard)
    : settings_(std::move(settings)), guard_(guard) {
  initialiseCurl();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  multi_ = curl_multi_init();
  if (epoll_ < 0 || multi_ == nullptr) throw std::runtime_error("the curl transport could not be set up");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.fd();
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_.fd(), &event);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::onSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::onTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.maxIdleConnections));
  threads_.start({"curl", [this] { run(); },
                  [this] {
                    stopping_.store(true);
                    wake_.raise();
                  }});
}

CurlTransport::Loop::~Loop() {
  stop();
  idle_.clear();
  curl_multi_cleanup(multi_);
  close(epoll_);
}

void CurlTransport::Loop::post(PendingPost pending) {
  {
    auto inbox = inbox_.lock();
    if (!inbox->stopped) {
      inbox->posts.push_back(std::move(pending));
      pending.done = nullptr;
    }
  }
  if (pending.done) {
    pending.done(stopped());
  } else {
    wake_.raise();
  }
}

void CurlTransport::Loop::run() {
  // OpenSSL writes without MSG_NOSIGNAL, and CURLOPT_NOSIGNAL leaves SIGPIPE to us.
  sigset_t pipeOnly;
  sigemptyset(&pipeOnly);
  sigaddset(&pipeOnly, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipeOnly, nullptr);
  while (!stopping_.load()) {
    takeIn();
    runTimer();
    collect();
    waitForSockets();
    collect();
  }
  shutDown();
}

void CurlTransport::Loop::takeIn() {
  taken_.swap(inbox_.lock()->posts);
  for (auto& pending : taken_) start(std::move(pending));
  taken_.clear();
}

void CurlTransport::Loop::start(PendingPost pending) {
  std::unique_ptr<CurlExchange> exchange;
  if (idle_.empty()) {
    exchange = std::make_unique<CurlExchange>(settings_, guard_);
  } else {
    exchange = std::move(idle_.back());
    idle_.pop_back();
  }
  if (!exchange->begin(std::move(pending))) {
    exchange->finish(CURLE_OPERATION_TIMEDOUT);
    recycle(std::move(exchange));
    return;
  }
  CURL* easy = exchange->handle();
  active_.emplace(easy, std::move(exchange));
  curl_multi_add_handle(multi_, easy);
}

void CurlTransport::Loop::waitForSockets() {
  int wait = kNoTimer;
  if (timer_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - std::chrono::steady_clock::now());
    wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kNoTimer));
  }
  std::array<epoll_event, 256> events{};
  const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
  for (int i = 0; i < ready; ++i) {
    const auto& event = events.at(static_cast<std::size_t>(i));
    if (event.data.fd == wake_.fd()) {
      wake_.clear();
      continue;
    }
    int what = 0;
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
    int running = 0;
    curl_multi_socket_action(multi_, event.data.fd, what, &running);
  }
}

void CurlTransport::Loop::runTimer() {
  if (!timer_ || std::chrono::steady_clock::now() < *timer_) return;
  timer_.reset();
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void CurlTransport::Loop::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    auto ended = active_.extract(message->easy_handle);
    curl_multi_remove_handle(multi_, ended.key());
    ended.mapped()->finish(code);
    recycle(std::move(ended.mapped()));
  }
}

void CurlTransport::Loop::recycle(std::unique_ptr<CurlExchange> exchange) {
  if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(exchange));
}

void CurlTransport::Loop::shutDown() {
  {
    auto inbox = inbox_.lock();
    inbox->stopped = true;
    taken_.swap(inbox->posts);
  }
  for (auto& pending : taken_) pending.done(stopped());
  taken_.clear();
  for (auto& [easy, exchange] : active_) {
    curl_multi_remove_handle(multi_, easy);
    exchange->abandon();
  }
  active_.clear();
}

int CurlTransport::Loop::onSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* known) {
  auto& loop = *static_cast<Loop*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  epoll_ctl(loop.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
  curl_multi_assign(loop.multi_, socket, self);  // from now on it is known
  return 0;
}

int CurlTransport::Loop::onTimer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto& timer = static_cast<Loop*>(self)->timer_;
  timer.reset();
  if (milliseconds >= 0) timer = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

}  // namespace lull::net
