#include "sink/control.hpp"

#include "common/cpu_time.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <sstream>

namespace lull::bench {
namespace {

std::string okay() {
  return R"({"ok":true})";
}
std::string error(const std::string& text) {
  return nlohmann::json{{"error", text}}.dump();
}

}  // namespace

bool SinkControl::onReadable() {
  std::array<char, 4096> chunk{};
  const auto count = read(STDIN_FILENO, chunk.data(), chunk.size());
  if (count <= 0) {
    return false;
  }
  pending_.append(chunk.data(), static_cast<std::size_t>(count));
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
    const auto line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    if (line == "quit") {
      return false;
    }
    std::puts(answer(line).c_str());
    std::fflush(stdout);
  }
  return true;
}

std::string SinkControl::answer(std::string_view line) {
  const auto space = line.find(' ');
  const auto command = line.substr(0, space);
  const auto arguments = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  auto& arrivals = server_.arrivals();
  if (command == "stats") {
    return stats();
  }
  if (command == "endpoints") {
    return arrivals.perEndpoint().dump();
  }
  if (command == "distinct") {
    return nlohmann::json{{"distinct", arrivals.distinct()}}.dump();
  }
  if (command == "broken") {
    return arrivals.broken().dump();
  }
  if (command == "reset") {
    arrivals.reset();
    return okay();
  }
  if (command == "record") {
    arrivals.setRecording(arguments == "on");
    return okay();
  }
  if (command == "dump") {
    return arrivals.dump(std::string(arguments)) ? okay() : error("cannot write " + std::string(arguments));
  }
  return command == "set" ? set(arguments) : error("unknown command");
}

std::string SinkControl::stats() {
  auto result = server_.arrivals().counters();
  result["cpuSeconds"] = processCpuSeconds();
  result["openConnections"] = server_.openConnections();
  result["acceptedConnections"] = server_.acceptedConnections();
  return result.dump();
}

std::string SinkControl::set(std::string_view arguments) {
  std::istringstream words{std::string(arguments)};
  std::string target;
  words >> target;
  Behaviour behaviour;
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const int value = equals == std::string::npos ? 1 : std::stoi(word.substr(equals + 1));
    if (name == "status") {
      behaviour.status = value;
    } else if (name == "delay") {
      behaviour.delayNs = std::int64_t{value} * 1'000'000;
    } else if (name == "blackhole") {
      behaviour.blackhole = value != 0;
    } else {
      return error("unknown setting " + name);
    }
  }
  if (target == "*") {
    server_.setAllBehaviours(behaviour);
  } else {
    server_.setBehaviour(static_cast<std::uint32_t>(std::stoul(target)) % SinkServer::kMaxEndpoints, behaviour);
  }
  return okay();
}

}  // namespace lull::bench
