#pragma once

#include <lull/api/server.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lull::api {

/// What a route asks for. Crud implies View.
enum class Access { Open, View, Crud, Publish };

struct Principal {
  std::string name;
  bool view = false;
  bool crud = false;
  bool publish = false;

  bool may(Access access) const;
};

std::string_view roleName(Access access);  ///< "Integration_Endpoints_View", …; Open is ""

/// The header values that a client may prove itself with.
struct Credentials {
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> apiKey;
};

/// Nobody: what to tell the client in WWW-Authenticate.
struct Rejected {
  std::string challenge;
};

/// Finds out who calls. Thread-safe; does not block.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual std::variant<Principal, Rejected> authenticate(const Credentials& credentials) const = 0;
};

std::unique_ptr<Authenticator> makeAuthenticator(const AuthSettings& settings);

}  // namespace lull::api
