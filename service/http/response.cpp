#include <lull/http/response.hpp>

#include <array>

namespace lull::http {

namespace {

std::string_view reasonOf(int status) {
  static constexpr auto kReasons = std::to_array<std::pair<int, std::string_view>>({
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {302, "Found"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  });
  for (const auto& [code, reason] : kReasons) {
    if (code == status) return reason;
  }
  return "Unknown";
}

void header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9110 section 6.6.1. Made once a second on each thread: replies leave tens of thousands of times a second.
const std::string& dateNow() {
  thread_local std::time_t madeAt = -1;
  thread_local std::string date;
  const auto now = std::time(nullptr);
  if (now != madeAt) date = httpDate(now);
  madeAt = now;
  return date;
}

}  // namespace

std::string httpDate(std::time_t at) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return kDays.at(static_cast<std::size_t>(parts.tm_wday)) + (", " + two(parts.tm_mday)) + " " +
         kMonths.at(static_cast<std::size_t>(parts.tm_mon)) + " " + std::to_string(parts.tm_year + 1900) + " " +
         two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" + two(parts.tm_sec) + " GMT";
}

std::string headOf(const Response& response, bool keepAlive) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ")
      .append(std::to_string(response.status))
      .append(" ")
      .append(reasonOf(response.status))
      .append("\r\n");
  if (!response.contentType.empty()) header(out, "Content-Type", response.contentType);
  header(out, "Date", dateNow());
  if (response.status != 204 && response.status != 304)
    header(out, "Content-Length", std::to_string(response.content().size()));
  for (const auto& [name, value] : response.headers) header(out, name, value);
  header(out, "X-Content-Type-Options", "nosniff");
  header(out, "Referrer-Policy", "no-referrer");
  header(out, "Content-Security-Policy", response.policy);
  header(out, "Cache-Control", response.caching);
  if (!keepAlive) header(out, "Connection", "close");
  out.append("\r\n");
  return out;
}

}  // namespace lull::http
