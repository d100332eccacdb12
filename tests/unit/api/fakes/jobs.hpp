#pragma once

#include <lull/ports/jobs.hpp>
#include <lull/ports/letter_groups.hpp>

#include <optional>
#include <string>

/// Stand-ins for groups of dead letters and for jobs.
namespace lull::api::testing {

inline const Instant kJobTime = *parseRfc3339("2026-11-23T21:19:06.123Z");

class FakeGroups final : public ports::LetterGroups {
 public:
  FakeGroups() {
    group.cause = Cause{"ep_00000000000000000001", DeathReason::Exhausted, 503, FailureClass::None};
    group.key = keyOf(*group.cause);
    group.endpoint = group.cause->endpoint;
    group.count = 120;
    group.firstDeadAt = group.lastDeadAt = kJobTime;
    group.sampleId = "dl_0001";
    group.lastRetry = LastRetry{kJobTime, 80, 3};
  }
  Result<Page<LetterGroup>> groups(GroupBy by, const ports::GroupFilter& filter, const PageRequest&) override {
    lastBy = by;
    lastFilter = filter;
    return Page<LetterGroup>{{group}, ""};
  }

  LetterGroup group;
  GroupBy lastBy = GroupBy::Cause;
  ports::GroupFilter lastFilter;
};

class FakeJobs final : public ports::Jobs {
 public:
  FakeJobs() {
    job.id = "job_1764192000000001";
    job.total = 120;
    job.startedAt = kJobTime;
  }
  Result<ports::JobCount> count(const ports::JobOrder& order) override {
    lastOrder = order;
    ++counts;
    return ports::JobCount{120, 20, reachOf(order)};
  }
  Result<ports::Job> start(const ports::JobOrder& order) override {
    lastOrder = order;
    ++starts;
    job.action = order.action;
    job.by = order.by;
    job.completeSince = reachOf(order);
    job.filter = order.filter;
    job.changeTypes = order.changeTypes;
    return job;
  }
  Result<Page<ports::Job>> list(const PageRequest&) override { return Page<ports::Job>{{job}, ""}; }
  Result<ports::Job> find(const std::string& id) override {
    if (id != job.id) return Error{ErrorCode::NotFound, "There is no job with this id."};
    return job;
  }
  Status cancel(const std::string& id) override {
    if (id != job.id) return Error{ErrorCode::NotFound, "There is no job with this id."};
    if (ended) return Error{ErrorCode::Conflict, "The job has ended."};
    return Done{};
  }

  /// A replay reaches back to this moment.
  static std::optional<Instant> reachOf(const ports::JobOrder& order) {
    const bool isBeyond = order.action == ports::JobAction::Replay && order.filter.since < kJobTime;
    return isBeyond ? std::optional(kJobTime) : std::nullopt;
  }

  ports::Job job;
  ports::JobOrder lastOrder;
  bool ended = false;
  int counts = 0;
  int starts = 0;
};

}  // namespace lull::api::testing
