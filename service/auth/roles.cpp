#include <lull/auth/roles.hpp>

namespace lull::auth {

namespace {

constexpr std::string_view kView = "Integration_Endpoints_View";
constexpr std::string_view kCrud = "Integration_Endpoints_CRUD";
constexpr std::string_view kPublish = "Integration_Events_Publish";

}  // namespace

bool Principal::may(Access access) const {
  switch (access) {
    case Access::Open:
      return true;
    case Access::View:
      return view;
    case Access::Crud:
      return crud;
    case Access::Publish:
      return publish;
  }
  return false;
}

void Principal::grant(std::string_view role) {
  if (role == kView || role == kCrud) view = true;
  if (role == kCrud) crud = true;
  if (role == kPublish) publish = true;
}

std::string_view roleName(Access access) {
  switch (access) {
    case Access::View:
      return kView;
    case Access::Crud:
      return kCrud;
    case Access::Publish:
      return kPublish;
    case Access::Open:
      break;
  }
  return "";
}

}  // namespace lull::auth
