// The part of ConnectionTable about connections that wait for the answers to their requests.
#include "connection_table.hpp"

#include <utility>

namespace lull::http {

std::shared_ptr<Wait> ConnectionTable::letWait(Id id, Unanswered unanswered) {
  auto wait = std::make_shared<Wait>(id);
  std::lock_guard guard(mutex_);
  if (waiting_.size() >= mostWaiting_) return nullptr;
  waiting_.reserve(waiting_.size() + 1);  // so that nothing below can fail
  // The node moves as it is, so whoever knows the connection by its address still does.
  auto& entry = waiting_.insert(entries_.extract(id)).position->second;
  leavePlace(entry);
  entry.ofClient = nullptr;
  entry.wait = wait;
  entry.waiting = std::move(unanswered.waiting);
  entry.terms = unanswered.terms;
  entry.begun = false;
  return wait;
}

std::optional<ConnectionTable::Answered> ConnectionTable::answered(const Wait& wait) {
  std::shared_ptr<Waiting> waiting;  // destroyed when mutex_ is free again
  std::lock_guard guard(mutex_);
  const auto found = waitingOne(wait);
  if (found == waiting_.end()) return std::nullopt;
  auto& ofClient = clients_[found->second.client];
  auto& entry = entries_.insert(waiting_.extract(found)).position->second;
  entry.ofClient = &++ofClient;
  if (entry.known) ++known_;
  entry.wait = nullptr;
  waiting = std::exchange(entry.waiting, nullptr);
  return Answered{entry.connection.get(), entry.terms, entries_.size() > most_};
}

std::shared_ptr<Waiting> ConnectionTable::hungUp(Id id, bool reset) {
  std::lock_guard guard(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end() || !found->second.begun) return nullptr;
  if (!reset && !tellsItsEnd(found->second)) return nullptr;
  return endWait(found);
}

std::shared_ptr<Waiting> ConnectionTable::giveUp(const Wait& wait) {
  std::lock_guard guard(mutex_);
  const auto found = waitingOne(wait);
  return found == waiting_.end() ? nullptr : endWait(found);
}

std::vector<std::shared_ptr<Waiting>> ConnectionTable::dismissWaiting() {
  std::lock_guard guard(mutex_);
  std::vector<std::shared_ptr<Waiting>> gone;
  if (shut_ != SHUT_RDWR) return gone;
  gone.reserve(waiting_.size());
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto found = next++;
    if (!found->second.begun) continue;  // begun() will see to it
    if (auto waiting = endWait(found)) gone.push_back(std::move(waiting));
  }
  return gone;
}

ConnectionTable::Entries::iterator ConnectionTable::waitingOne(const Wait& wait) {
  const auto found = waiting_.find(wait.connection());
  return found != waiting_.end() && found->second.wait.get() != &wait ? waiting_.end() : found;
}

/// Where this side has ended the reading, the end of the stream says nothing about the client.
bool ConnectionTable::tellsItsEnd(const Entry& entry) const {
  return !shut_ && !entry.connection->hurried();
}

std::shared_ptr<Waiting> ConnectionTable::endWait(Entries::iterator found) {
  if (!found->second.wait->end()) return nullptr;  // its answer is on its way
  auto waiting = std::move(found->second.waiting);
  waiting_.erase(found);
  return waiting;
}

}  // namespace lull::http
