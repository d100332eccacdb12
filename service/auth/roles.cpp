#include <lull/auth/roles.hpp>

namespace lull::auth {

namespace {

/// A role is a flag of the principal; the one table of their names.
struct Role {
  std::string_view name;
  bool Principal::*granted;
};

constexpr Role kView{"Integration_Endpoints_View", &Principal::view};
constexpr Role kCrud{"Integration_Endpoints_CRUD", &Principal::crud};
constexpr Role kPublish{"Integration_Events_Publish", &Principal::publish};
constexpr Role kOwn{"Integration_Endpoints_Own", &Principal::own};
constexpr Role kReceive{"Integration_Events_Receive", &Principal::receive};
constexpr Role kRoles[] = {kView, kCrud, kPublish, kOwn, kReceive};

}  // namespace

bool Principal::may(Access access) const {
  switch (access) {
    case Access::Open:
    case Access::Any:
      return true;
    case Access::View:
      return view || crud;
    case Access::Crud:
      return crud;
    case Access::ViewOwn:
      return view || crud || own;
    case Access::CrudOwn:
      return crud || own;
    case Access::Publish:
      return publish;
    case Access::Receive:
      return receive || crud;
    case Access::Catalogue:
      return view || crud || own || receive;
  }
  return false;
}

bool Principal::mayOnlyOwn(Access access) const {
  if (access == Access::ViewOwn) return !may(Access::View);
  return (access == Access::CrudOwn || access == Access::Receive) && !may(Access::Crud);
}

void Principal::grant(std::string_view role) {
  for (const auto& one : kRoles) {
    if (one.name == role) this->*one.granted = true;
  }
}

std::vector<std::string_view> Principal::roles() const {
  std::vector<std::string_view> names;
  for (const auto& one : kRoles) {
    if (this->*one.granted) names.push_back(one.name);
  }
  return names;
}

std::vector<std::string_view> roleNames(Access access) {
  switch (access) {
    case Access::View:
      return {kView.name};
    case Access::Crud:
      return {kCrud.name};
    case Access::ViewOwn:
      return {kView.name, kOwn.name};
    case Access::CrudOwn:
      return {kCrud.name, kOwn.name};
    case Access::Publish:
      return {kPublish.name};
    case Access::Receive:
      return {kReceive.name, kCrud.name};
    case Access::Catalogue:
      return {kView.name, kOwn.name, kReceive.name};
    case Access::Open:
    case Access::Any:
      break;
  }
  return {};
}

}  // namespace lull::auth
