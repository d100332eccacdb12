#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace lull::runtime {

/// Limits how many callers are inside at once, in all and for one name (an endpoint, for example). It outlives its
/// passes. Thread-safe.
class Gate {
 public:
  explicit Gate(std::size_t most, std::size_t mostOfName = std::numeric_limits<std::size_t>::max())
      : most_(most), mostOfName_(mostOfName) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Full: the limit for all callers is reached. NameFull: the limit for the name is reached.
  enum class Entry : std::uint8_t { In, Full, NameFull };

  /// What enter() returns. A caller that was let in stays inside until its pass is destroyed.
  class Pass {
   public:
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (in()) gate_.leave(name_);
    }
    Entry entry() const { return entry_; }
    bool in() const { return entry_ == Entry::In; }

   private:
    friend class Gate;
    Pass(Gate& gate, std::string name, Entry entry) : gate_(gate), name_(std::move(name)), entry_(entry) {}

    Gate& gate_;
    const std::string name_;
    const Entry entry_;
  };

  /// Enters at once, or says why there is no room.
  Pass enter(std::string name = {}) { return enter(std::chrono::milliseconds{0}, std::move(name)); }

  /// Waits for room for at most `patience`.
  Pass enter(std::chrono::milliseconds patience, std::string name = {}) {
    std::unique_lock guard(mutex_);
    changed_.wait_for(guard, patience, [&] { return look(name) == Entry::In; });
    const auto entry = look(name);
    if (entry == Entry::In) {
      ++inside_[name];
      ++all_;
    }
    return Pass(*this, std::move(name), entry);
  }

 private:
  Entry look(const std::string& name) const {  // call with mutex_ held
    if (all_ >= most_) return Entry::Full;
    const auto found = inside_.find(name);
    return found != inside_.end() && found->second >= mostOfName_ ? Entry::NameFull : Entry::In;
  }

  void leave(const std::string& name) {
    {
      const std::lock_guard guard(mutex_);
      --all_;
      const auto found = inside_.find(name);
      if (--found->second == 0) inside_.erase(found);
    }
    changed_.notify_all();
  }

  const std::size_t most_;
  const std::size_t mostOfName_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> inside_;  // by name; protected by mutex_, as the next one
  std::size_t all_ = 0;
};

}  // namespace lull::runtime
