#include "fuzz.hpp"

#include <lull/config/broker_address.hpp>

#include <string>

/// The Url of a broker: whatever stands there, what it is read to is one thing, and no error and nothing that is shown
/// repeats the password.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull::config;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto address = parseBrokerAddress(text);
  const auto shown = redactBrokerAddress(text);
  if (!address) {
    lull::fuzz::require(address.error().message.size() < 200, "an error is one of our own sentences");
    lull::fuzz::require(shown.empty() || shown == "***", "what cannot be read is not shown");
    return 0;
  }
  lull::fuzz::require(!address->host.empty() && address->port != 0, "an address has host and port");
  lull::fuzz::require(!address->virtualHost.empty(), "there is always a virtual host");
  lull::fuzz::require(address->virtualHost.find('\0') == std::string::npos, "a virtual host is a C string");
  lull::fuzz::require(address->user.find('\0') == std::string::npos, "a user is a C string");
  lull::fuzz::require(address->password.find('\0') == std::string::npos, "a password is a C string");
  // What is shown reads to the same address, with another password.
  const auto again = parseBrokerAddress(shown);
  lull::fuzz::require(again.ok(), "what is shown can be read");
  auto expected = *address;
  if (!expected.user.empty()) expected.password = "***";
  lull::fuzz::require(*again == expected, "only the password is hidden");
  return 0;
}
