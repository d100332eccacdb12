#include "addresses.hpp"
#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

namespace {

using std::chrono::hours;

template <class... Path>
Rule listenAddresses(Path... path) {
  return ignoringEmptyEntries(listOf(
      parsed<ListenAddress>(append(path...), "URL", "http://host:port, separated by ;", parseListenAddress), ";,"));
}

}  // namespace

std::vector<KeyRow> listeningRows() {
  return {
      {"Urls", "http://127.0.0.1:8080", "", listenAddresses(&Settings::urls), Secrecy::Url,
       "Addresses to listen on; `*`, `+` and `localhost` as in Kestrel. `ASPNETCORE_URLS` sets it too, and "
       "`ASPNETCORE_HTTP_PORTS` where nothing else does."},
      {"PathBase", "", "none", parsed<std::string>(put(&Settings::pathBase), "path", "/segment…", parsePathBase),
       Secrecy::Open,
       "Path that a proxy puts in front; requests are served with it and, where the proxy strips it, without."},
      {"AllowedHosts", "", "any; in mode `None` loopback names and address literals",
       ignoringEmptyEntries(listOf(parsed<std::string>(append(&Settings::allowedHosts), "host name",
                                                       "names, *.suffixes, or * for any", parseAllowedHost),
                                   ";,")),
       Secrecy::Open,
       "Names in the `Host` header that are served, separated by `;` as in ASP.NET; any other is answered 421."},
      {"Cors:Origins", "", "none",
       listOf(parsed<std::string>(append(&Settings::cors, &CorsSettings::origins), "origin",
                                  "origins such as https://console.example.com", parseOrigin)),
       Secrecy::Open, "Origins whose pages may call the API from a browser. Writes of other origins are answered 403."},
      {"Management:Urls", "", "health and metrics on `Urls`",
       listenAddresses(&Settings::management, &ManagementSettings::urls), Secrecy::Url,
       "When set, health and metrics are served only here."},
      {"Limits:MaxBodyBytes", "1048576", "",
       integer(put(&Settings::limits, &LimitSettings::maxBodyBytes), 1024, 104857600), Secrecy::Open,
       "Largest request body; a larger one is answered 413."},
      {"Limits:InFlightBytes", "67108864", "",
       integer(put(&Settings::limits, &LimitSettings::inFlightBytes), 1024, 1099511627776), Secrecy::Open,
       "Bytes of request bodies that one process holds at once, from their arrival until they are handled, and again "
       "of "
       "large replies on their way; beyond, requests are answered 503 with `Retry-After`."},
      {"Limits:Endpoints", "10000", "", integer(put(&Settings::limits, &LimitSettings::endpoints), 1, 1000000),
       Secrecy::Open, "Endpoints that can be registered; a further one is answered 409."},
      {"Limits:RequestsPerSecond", "0", "",
       integer(put(&Settings::limits, &LimitSettings::requestsPerSecond), 0, 1000000), Secrecy::Open,
       "Requests that one credential may send in a second to one replica, the rest is answered 429 with `Retry-After`; "
       "0 sets no limit. Health, metrics and pages are not counted."},
      {"Shutdown:Deadline", "00:00:25", "",
       duration(put(&Settings::shutdown, &ShutdownSettings::deadline), Millis{0}, hours{1}), Secrecy::Open,
       "How long a stop waits for deliveries in flight."},
      {"Startup:WaitForRedis", "true", "", boolean(put(&Settings::startup, &StartupSettings::waitForRedis)),
       Secrecy::Open,
       "Start although an external Redis cannot be used yet, not ready until it can; false ends the process instead."},
  };
}

std::vector<KeyRow> loggingRows() {
  const std::vector<std::pair<std::string, LogLevel>> levels{
      {"Trace", LogLevel::Trace},     {"Debug", LogLevel::Debug}, {"Information", LogLevel::Information},
      {"Warning", LogLevel::Warning}, {"Error", LogLevel::Error}, {"Critical", LogLevel::Critical},
      {"None", LogLevel::None}};
  const auto set = [](const std::string& fixedName) {
    return [fixedName](RuleTarget& target, LogLevel level) {
      target.settings.logging.levels[fixedName.empty() ? target.name : fixedName] = level;
    };
  };
  return {
      {"Logging:LogLevel:Default", "Information", "", choice<LogLevel>(set("Default"), levels), Secrecy::Open,
       "Least level that is logged."},
      {"Logging:LogLevel:{category}", "", "`Logging:LogLevel:Default`", choice<LogLevel>(set(""), levels),
       Secrecy::Open, "The same for one category, such as `Lull.Delivery`."},
      {"Logging:Format", "Json", "",
       choice<LogFormat>(put(&Settings::logging, &LoggingSettings::format),
                         {{"Json", LogFormat::Json}, {"Console", LogFormat::Console}}),
       Secrecy::Open, "One JSON object per line, or text for people."},
  };
}

}  // namespace lull::config
