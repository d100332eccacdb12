#pragma once

#include <lull/ports/admission.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/sources.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lull::sources {

inline const Error kAway{ErrorCode::Unavailable, "It is away."};

/// Admits each id once, as the store does.
class FakeAdmission : public ports::Admission {
 public:
  Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope,
                                 std::optional<Millis> keepIds) override {
    if (away) return kAway;
    if (whileAdmitting) whileAdmitting();
    ++calls;
    AdmissionReceipt receipt;
    for (const auto& event : events) {
      const auto owner = event.source.empty() ? std::string(scope) : event.source;
      const bool isNew = event.id.empty() || ids.insert(owner + "/" + event.id).second;
      if (isNew) order.push_back(event.id);
      ++(isNew ? receipt.accepted : receipt.duplicates);
    }
    kept = keepIds;
    return receipt;
  }

  std::set<std::string> ids;
  std::vector<std::string> order;
  std::optional<Millis> kept;
  std::function<void()> whileAdmitting;
  bool away = false;
  int calls = 0;
};

class FakeStore : public ports::SourceWork {
 public:
  Result<std::vector<ports::SourceTurn>> take(const std::vector<std::string>& names) override {
    ++takes;
    asked = names;
    if (away) return kAway;
    return std::vector<ports::SourceTurn>(names.size(), turn);
  }
  Status release(const std::vector<std::string>& names) override {
    released = names;
    return Done{};
  }
  Result<bool> note(const std::string& /*name*/, const ports::SourceNote& note) override {
    notes.push_back(note);
    return true;
  }

  ports::SourceTurn turn{true, 0};
  std::vector<std::string> asked, released;
  std::vector<ports::SourceNote> notes;
  bool away = false;
  int takes = 0;
};

class FakeAlerts : public ports::Alerts {
 public:
  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override {
    EXPECT_EQ(kind, ports::AlertKind::Source);
    EXPECT_EQ(subject, "crm");
    sentences.push_back(std::move(sentence));
  }
  std::vector<std::string> sentences;
};

}  // namespace lull::sources
