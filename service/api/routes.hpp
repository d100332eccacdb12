#pragma once

#include "handlers.hpp"

#include <lull/auth/authenticator.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lull::api {

/// Management may have addresses of its own.
enum class Area : std::uint8_t { Api, Pages, Management };

/// Reaches the handler of one route.
using Handler = Result<http::Response> (*)(Handlers& handlers, Call& call);

/// Which bodies a route takes. A publication is JSON where the settings offer to publish (ApiSettings::mailboxes), and
/// else nothing, so that whoever calls is told that, whatever was sent.
enum class Takes : std::uint8_t { Nothing, JsonText, OptionalJson, OptionalForm, MergePatch, Events, Publication };

/// Whether a route that takes a body also takes none.
constexpr bool takesNone(Takes takes) {
  return takes == Takes::OptionalJson || takes == Takes::OptionalForm;
}

/// What the body is, by its Content-Type; nullopt when the route does not take that, when its charset is not UTF-8, or
/// when it is compressed.
std::optional<MediaType> mediaTypeOf(const http::MessageHead& head, Takes takes);

/// A sentence that says what the route takes.
std::string mediaTypesOf(Takes takes);

struct Route {
  std::string_view method;
  /// "/api/v1/endpoints/{id}": a name in braces stands for one segment of the path. A second one may be any text, such
  /// as an item's id.
  std::string_view pattern;
  Area area;
  auth::Access access;
  Takes takes;
  Handler handler;
  std::string_view action{};  ///< what the audit line calls the change; empty: not a change
  /// Names of the query parameters that it takes, with blanks between; the handler refuses others. A route that takes a
  /// form takes them there, too.
  std::string_view query{};
};

/// Whether a change is one of those that come by the thousand: events, and the messages of mailboxes.
bool isRoutine(const Route& route);

/// As Route::query: it takes any, and looks at none.
inline constexpr std::string_view kAnyQuery = "*";

/// The one table of everything that is served.
std::span<const Route> routeTable();

/// Ids that Lull gave consist of visible ASCII; anything else is an id that does not exist.
bool canBeId(std::string_view id);

struct RouteMatch {
  const Route* route = nullptr;  ///< nullptr: see `allowed`
  std::string id;                ///< of the first name in braces, decoded; empty when it cannot be an id of ours
  std::string itemId;            ///< of the second one, decoded; empty when no item can have this id
  std::string allowed;           ///< methods that the path has, for Allow; empty: there is no such path
};

/// Finds routes of the given areas, below the path base and without it, as UsePathBase of ASP.NET does: the proxy that
/// the base stands for may strip it or not. Constant after construction.
class Router {
 public:
  Router(std::string pathBase, std::vector<Area> areas);
  /// HEAD is answered like GET.
  RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  RouteMatch matchWithin(std::string_view method, std::string_view path) const;

  std::string pathBase_;
  std::vector<const Route*> routes_;
};

}  // namespace lull::api
