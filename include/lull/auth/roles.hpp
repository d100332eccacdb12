#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lull::auth {

/// What a route asks for. Crud implies View, and Receive for every mailbox.
enum class Access {
  Open,
  Any,  ///< any valid credential, whatever its roles
  View,
  Crud,
  ViewOwn,  ///< as View; also for who sees only what it registered
  CrudOwn,  ///< as Crud; also for who changes only what it registered
  Publish,
  Receive,    ///< the messages of mailboxes: of all with Crud, else of those that it registered
  Catalogue,  ///< what both who views endpoints and who receives messages needs to know
};

struct Principal {
  std::string name;        ///< for people, in logs
  std::string scope;       ///< for keys: two different principals never have the same, whatever their names
  std::string_view proof;  ///< how it proved itself: "none", "key", "jwt"
  bool view = false;       ///< these are the roles that it was granted; what follows from them says may()
  bool crud = false;
  bool publish = false;
  bool own = false;
  bool receive = false;

  bool may(Access access) const;
  /// Whether it may only as far as it registered what the call is about.
  bool mayOnlyOwn(Access access) const;
  /// Grants what the role of that name allows; a name that is none of our roles grants nothing.
  void grant(std::string_view role);
  /// The names of the roles that it was granted.
  std::vector<std::string_view> roles() const;
};

/// "Integration_Endpoints_View", …: any one of them is enough, the usual one comes first. None for Open and Any.
std::vector<std::string_view> roleNames(Access access);

}  // namespace lull::auth
