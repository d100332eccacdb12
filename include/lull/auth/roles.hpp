#pragma once

#include <string>
#include <string_view>

namespace lull::auth {

/// What a route asks for. Crud implies View.
enum class Access { Open, View, Crud, Publish };

struct Principal {
  std::string name;        ///< who, for people: in logs
  std::string scope;       ///< who, for ids: two different principals never share one, however they are called
  std::string_view proof;  ///< by what it was known: "none", "key", "jwt"
  bool view = false;
  bool crud = false;
  bool publish = false;

  bool may(Access access) const;
  /// Gives it what a role of that name allows; a name that is none of ours gives nothing.
  void grant(std::string_view role);
};

std::string_view roleName(Access access);  ///< "Integration_Endpoints_View", …; Open is ""

}  // namespace lull::auth
