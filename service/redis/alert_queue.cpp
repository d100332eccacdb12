#include <lull/redis/alert_queue.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::redis {

namespace {

// As many as Redis keeps (MOST_ALERTS in lib/alert.lua): of more, Redis would remove the oldest at once.
constexpr std::size_t kMostKept = 500;
constexpr std::size_t kMostSubjectBytes = 200;

std::string memberOf(const ports::Alert& alert) {
  return std::string(toString(alert.kind)) + "|" + alert.subject;
}

// The alert that was raised later stands for both.
void keep(AlertQueue::Raised& kept, const std::string& member, const ports::Alert& alert) {
  const auto found = kept.find(member);
  if (found == kept.end()) {
    if (kept.size() < kMostKept) kept.emplace(member, alert);
    return;
  }
  const auto count = found->second.count + alert.count;
  if (alert.at >= found->second.at) found->second = alert;
  found->second.count = count;
}

}  // namespace

void logAlert(std::string_view member, std::string_view sentence) {
  const auto bar = std::min(member.find('|'), member.size());
  const auto subject = member.substr(std::min(bar + 1, member.size()));
  runtime::log(runtime::LogLevel::Warning, "Lull.Alerts", "somebody should look at this",
               {{"kind", member.substr(0, bar)}, {"subject", subject}, {"sentence", sentence}});
}

void AlertQueue::raise(ports::AlertKind kind, std::string subject, std::string sentence) {
  if (subject.size() > kMostSubjectBytes) subject.resize(kMostSubjectBytes);
  const ports::Alert alert{clock_.now(), kind, std::move(subject), std::move(sentence), 1};
  const auto member = memberOf(alert);
  logAlert(member, alert.sentence);
  keep(*raised_.lock(), member, alert);
  wake();
}

AlertQueue::Raised AlertQueue::take() {
  return std::exchange(*raised_.lock(), {});
}

void AlertQueue::putBack(const Raised& raised) {
  auto kept = raised_.lock();
  for (const auto& [member, alert] : raised) keep(*kept, member, alert);
}

}  // namespace lull::redis
