#pragma once

#include <string>

namespace lull::api {

/// A broker of the settings, as registrations name it.
struct KnownBroker {
  std::string name;
  bool hasExchange = false;  ///< its Url names the exchange of targets that name none
};

}  // namespace lull::api
