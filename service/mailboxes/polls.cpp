#include <lull/mailboxes/polls.hpp>

#include <algorithm>
#include <iterator>

namespace lull::mailboxes {

namespace {

using std::chrono::nanoseconds;

// How often the store is asked for what nobody told us, and how soon a look is repeated that the store did not answer.
constexpr std::chrono::seconds kNewsEvery{1};
// Answers go out after so many looks, so that the first of very many clients does not wait for the last one's look.
constexpr std::size_t kLooksAtOnce = 256;

}  // namespace

Polls::Polls(ports::MailboxLooks& looks, ports::MailboxNews& news, Settings settings)
    : looks_(looks), news_(news), settings_(std::move(settings)) {}

std::optional<Polls::Ticket> Polls::open(const EndpointId& id) {
  const std::lock_guard guard(mutex_);
  if (calls_.size() >= settings_.most) return std::nullopt;
  const auto number = ++last_;
  calls_.emplace(number, Call{id});
  boxes_[id].insert(number);
  return Ticket(*this, number);
}

void Polls::wait(const Ticket& ticket, std::chrono::milliseconds timeout, std::uint64_t count, Answer answer) {
  std::unique_lock guard(mutex_);
  const auto found = calls_.find(ticket.number_);
  if (found == calls_.end()) return;
  if (stopped_) {
    remove(found);
    guard.unlock();
    return answer(ports::Glance{count, std::nullopt});
  }
  auto& call = found->second;
  call.answer = std::move(answer);
  call.until = settings_.now() + timeout;
  call.count = count;
  const bool isFirst = deadlines_.empty() || call.until < deadlines_.begin()->first;
  deadlines_.emplace(call.until, ticket.number_);
  if (call.stirred) stirred_.insert(call.mailbox);
  const bool isUrgent = call.stirred || isFirst;
  guard.unlock();
  if (isUrgent) wake_.notify();
}

void Polls::leave(std::uint64_t number) {
  const std::lock_guard guard(mutex_);
  if (const auto found = calls_.find(number); found != calls_.end()) remove(found);
}

void Polls::remove(std::map<std::uint64_t, Call>::iterator call) {
  const auto& [number, of] = *call;
  deadlines_.erase({of.until, number});
  const auto box = boxes_.find(of.mailbox);
  box->second.erase(number);
  if (box->second.empty()) boxes_.erase(box);
  calls_.erase(call);
}

void Polls::stirred(const EndpointId& id) {
  {
    const std::lock_guard guard(mutex_);
    const auto box = boxes_.find(id);
    if (box == boxes_.end()) return;
    for (const auto number : box->second) calls_.at(number).stirred = true;
    stirred_.insert(id);
  }
  wake_.notify();
}

void Polls::stirredAll() {
  {
    const std::lock_guard guard(mutex_);
    for (auto& [number, call] : calls_) call.stirred = true;
    for (const auto& [id, calls] : boxes_) stirred_.insert(id);
  }
  wake_.notify();
}

std::size_t Polls::waiting() const {
  const std::lock_guard guard(mutex_);
  return deadlines_.size();
}

std::size_t Polls::waitingFor(const EndpointId& id) const {
  const std::lock_guard guard(mutex_);
  const auto box = boxes_.find(id);
  if (box == boxes_.end()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(box->second, [&](auto number) { return calls_.at(number).answer != nullptr; }));
}

void Polls::run() {
  while (true) {
    {
      const std::lock_guard guard(mutex_);
      if (stopped_) return;
    }
    wake_.wait(turn());
  }
}

nanoseconds Polls::turn() {
  const auto now = settings_.now();
  failed_ = false;
  if (now >= nextNews_) askForNews(now);
  std::vector<EndpointId> ids;
  {
    const std::lock_guard guard(mutex_);
    ids = toLookAt(now);
  }
  for (std::size_t from = 0; from < ids.size(); from += kLooksAtOnce) {
    const std::vector<EndpointId> some(
        ids.begin() + static_cast<std::ptrdiff_t>(from),
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(from + kLooksAtOnce, ids.size())));
    const auto found = looks_.look(some);
    Answers answers;
    {
      const std::lock_guard guard(mutex_);
      for (std::size_t i = 0; i < some.size(); ++i) settle(some[i], found.at(i), now, answers);
    }
    for (auto& [answer, glance] : answers) answer(std::move(glance));
  }
  const std::lock_guard guard(mutex_);
  if (!failed_ && !stirred_.empty()) return nanoseconds{0};
  if (deadlines_.empty()) return nanoseconds::max();
  const auto next = std::min(nextNews_, deadlines_.begin()->first) - settings_.now();
  return std::max(nanoseconds{0}, std::chrono::duration_cast<nanoseconds>(next));
}

// While nobody waits nothing is asked: the answer to the next question has it all.
void Polls::askForNews(Time now) {
  if (waiting() == 0) return;
  nextNews_ = now + kNewsEvery;
  const auto news = news_.since(mark_);
  if (!news) return;
  mark_ = news->mark;
  if (news->all) return stirredAll();
  for (const auto& id : news->ids) stirred(id);
}

std::vector<EndpointId> Polls::toLookAt(Time now) {
  std::set<EndpointId> ids;
  std::swap(ids, stirred_);
  std::erase_if(ids, [&](const auto& id) { return !boxes_.contains(id); });
  for (const auto& [until, number] : deadlines_) {
    if (until > now) break;
    ids.insert(calls_.at(number).mailbox);
  }
  return {ids.begin(), ids.end()};
}

void Polls::settle(const EndpointId& id, const Result<ports::Glance>& found, Time now, Answers& answers) {
  const bool away = !found && found.error().code == ErrorCode::Unavailable;
  const bool isForAll = away ? false : !found || found->next.has_value();
  if (away) failed_ = true;
  const auto box = boxes_.find(id);
  if (box == boxes_.end()) return;
  const auto numbers = box->second;  // the box goes with its last call
  bool isLeft = false;
  for (const auto number : numbers) {
    const auto at = calls_.find(number);
    auto& call = at->second;
    if (!call.answer) continue;
    if (found) call.count = found->count;
    if (!isForAll && call.until > now) {
      isLeft = true;
      continue;
    }
    answers.emplace_back(std::move(call.answer), found);
    remove(at);
  }
  if (away && isLeft) stirred_.insert(id);
}

void Polls::stop() {
  Answers answers;
  {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
    while (!deadlines_.empty()) {
      const auto call = calls_.find(deadlines_.begin()->second);
      answers.emplace_back(std::move(call->second.answer), ports::Glance{call->second.count, std::nullopt});
      remove(call);
    }
  }
  for (auto& [answer, glance] : answers) answer(std::move(glance));
  wake_.notify();
}

}  // namespace lull::mailboxes
