#pragma once

#include <functional>
#include <utility>

namespace lull::app {

/// Carries a call from a part to one that is constructed after it: the first part is given ringer(), and the listener
/// is named once both exist. Until then ringing does nothing. connect() is called before the threads start; ringing is
/// as thread-safe as the listener. Neither copied nor moved, since the ringers refer to it.
template <typename... Arguments>
class Bell {
 public:
  using Listener = std::function<void(Arguments...)>;

  Bell() = default;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void connect(Listener listener) { listener_ = std::move(listener); }
  Listener ringer() {
    return [this](Arguments... arguments) {
      if (listener_) listener_(arguments...);
    };
  }

 private:
  Listener listener_;
};

}  // namespace lull::app
