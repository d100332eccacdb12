#pragma once

#include <string>
#include <string_view>

namespace lull::auth {

/// What a route asks for. Crud implies View.
enum class Access { Open, View, Crud, Publish };

struct Principal {
  std::string name;        ///< for people, in logs
  std::string scope;       ///< for keys: two different principals never have the same, whatever their names
  std::string_view proof;  ///< how it proved itself: "none", "key", "jwt"
  bool view = false;
  bool crud = false;
  bool publish = false;

  bool may(Access access) const;
  /// Grants what the role of that name allows; a name that is none of our roles grants nothing.
  void grant(std::string_view role);
};

std::string_view roleName(Access access);  ///< "Integration_Endpoints_View", …; Open is ""

}  // namespace lull::auth
