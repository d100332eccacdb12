#include "session.hpp"

#include <lull/odbc/odbc_outbox.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace lull::odbc {

namespace {

// Databases limit the parameters of a statement, and the length of a list.
constexpr std::size_t kIdsAtOnce = 100;
constexpr std::size_t kMostReasonBytes = 480;
constexpr SQLULEN kReasonSize = 500;
constexpr std::array kNeeded{OutboxPart::Id, OutboxPart::Type, OutboxPart::ItemId, OutboxPart::BaseId};

std::string shortened(std::string reason) {
  if (reason.size() <= kMostReasonBytes) return reason;
  auto end = kMostReasonBytes;
  while (end > 0 && text::continuesCharacter(reason[end])) --end;
  reason.resize(end);
  return reason + "…";
}

/// An error when rows stayed as they are that should have changed: they would be taken again and again. `what` was to
/// be done with them.
Status allChanged(std::size_t changed, std::size_t asked, std::string_view what, std::string_view remedy) {
  if (changed >= asked) return Done{};
  std::string sentence = std::to_string(asked - changed) + " of " + std::to_string(asked) + " rows could not be ";
  sentence.append(what).append(", and the whole batch stays. Check that ").append(remedy).append(".");
  return Error{ErrorCode::Unavailable, std::move(sentence)};
}

}  // namespace

/// Which column of the result holds each part, and the columns themselves.
struct OdbcOutbox::KnownColumns {
  std::array<std::optional<std::size_t>, kOutboxPartsRead> places{};
  std::vector<Column> columns;

  Result<std::vector<std::size_t>> learn(const std::vector<Column>& found, const OutboxColumns& names);
  const Column& id() const { return columns.at(*places.at(indexOf(OutboxPart::Id))); }
  Result<ports::OutboxRow> row(std::vector<Value> values) const;
};

Result<std::vector<std::size_t>> OdbcOutbox::KnownColumns::learn(const std::vector<Column>& found,
                                                                 const OutboxColumns& names) {
  columns = found;
  places = {};
  std::vector<std::size_t> wanted;
  for (std::size_t part = 0; part < kOutboxPartsRead; ++part) {
    const auto& name = names.names.at(part);
    const auto column = std::ranges::find_if(
        found, [&](const Column& one) { return !name.empty() && text::equalsIgnoringCase(one.name, name); });
    if (column == found.end()) continue;
    places.at(part) = static_cast<std::size_t>(column - found.begin());
    wanted.push_back(*places.at(part));
  }
  for (const auto part : kNeeded) {
    if (!places.at(indexOf(part))) {
      return Error{ErrorCode::InvalidInput, "The statement that takes rows gives no column " + names[part] + "."};
    }
  }
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

// A row whose id cannot be read could not be set aside.
Result<ports::OutboxRow> OdbcOutbox::KnownColumns::row(std::vector<Value> values) const {
  ports::OutboxRow row;
  if (const auto& fault = values[*places.at(indexOf(OutboxPart::Id))].fault; !fault.empty())
    return Error{ErrorCode::Unavailable, fault};
  for (std::size_t part = 0; part < kOutboxPartsRead; ++part) {
    const auto place = places.at(part);
    if (!place) continue;
    const auto& [text, fault] = values[*place];
    if (text) row.values.at(part) = ports::PartValue{*text, columns[*place].holdsWholeNumbers()};
    if (!fault.empty() && row.fault.empty()) row.fault = fault;
  }
  return row;
}

OdbcOutbox::OdbcOutbox(OdbcOutboxSettings settings)
    : settings_(std::move(settings)), known_(std::make_unique<KnownColumns>()) {}

OdbcOutbox::~OdbcOutbox() = default;

Status OdbcOutbox::connect() {
  if (session_) return Done{};
  auto opened = Session::open(settings_.connectionString);
  if (!opened) return opened.error();
  std::lock_guard guard(mutex_);
  session_ = std::move(*opened);
  return Done{};
}

void OdbcOutbox::disconnect() {
  std::shared_ptr<Session> ended;
  std::lock_guard guard(mutex_);
  ended.swap(session_);
}

// A connection that has rested may have ended since; that is no error as long as there is another one.
Result<std::vector<ports::OutboxRow>> OdbcOutbox::take(std::size_t most) {
  const bool rested = session_ != nullptr;
  if (auto connected = connect(); !connected) return connected.error();
  auto rows = read(most);
  if (!rows && rested && session_->lost()) {
    disconnect();
    if (auto connected = connect(); !connected) return connected.error();
    rows = read(most);
  }
  if (!rows) disconnect();
  return rows;
}

Result<std::vector<ports::OutboxRow>> OdbcOutbox::read(std::size_t most) {
  const auto sql = takeStatement(session_->dialect(), settings_.table, settings_.columns, most, settings_.takeSql);
  if (!sql) return sql.error();
  std::vector<ports::OutboxRow> rows;
  auto done = session_->query(
      *sql, most, [&](const std::vector<Column>& columns) { return known_->learn(columns, settings_.columns); },
      [&](std::vector<Value> values) -> Status {
        auto row = known_->row(std::move(values));
        if (!row) return row.error();
        rows.push_back(*std::move(row));
        return Done{};
      });
  if (!done) return done.error();
  return rows;
}

Status OdbcOutbox::finish(const std::vector<std::string>& done, const std::vector<ports::RefusedRow>& refused) {
  if (!session_) return Error{ErrorCode::Unavailable, "The connection to the database has ended."};
  auto changed = change(done, refused);
  if (!changed) disconnect();
  return changed;
}

// A driver that does not say how many rows were changed is believed.
Status OdbcOutbox::mark(const std::vector<ports::RefusedRow>& refused) {
  const auto statement = refuseStatement(settings_.table, settings_.columns);
  const Column text{.name = {}, .type = SQL_WVARCHAR, .size = kReasonSize};
  std::size_t changed = 0;
  for (const auto& [id, reason] : refused) {
    const auto marked = session_->execute(statement, {{shortened(reason), text}, {id, known_->id()}});
    if (!marked) return marked.error();
    changed += std::min<std::size_t>(marked->value_or(1), 1);
  }
  return allChanged(changed, refused.size(), "marked",
                    "Lull's user may update the column " + settings_.columns[OutboxPart::Error] +
                        " of every row that it may read, and that TakeSql of the source, when it is set, takes no row "
                        "in which that column is not null");
}

Status OdbcOutbox::remove(const std::vector<std::string>& done) {
  std::size_t changed = 0;
  for (std::size_t from = 0; from < done.size(); from += kIdsAtOnce) {
    const auto count = std::min(kIdsAtOnce, done.size() - from);
    std::vector<Parameter> ids;
    for (std::size_t i = from; i < from + count; ++i) ids.push_back({done[i], known_->id()});
    const auto removed = session_->execute(removeStatement(settings_.table, settings_.columns, count), ids);
    if (!removed) return removed.error();
    changed += std::min(removed->value_or(count), count);
  }
  return allChanged(changed, done.size(), "removed",
                    "Lull's user may delete every row that it may read, which row-level security or a trigger can "
                    "prevent, and that TakeSql of the source, when it is set, gives the ids of its table");
}

Status OdbcOutbox::change(const std::vector<std::string>& done, const std::vector<ports::RefusedRow>& refused) {
  if (auto marked = mark(refused); !marked) return marked;
  if (auto removed = remove(done); !removed) return removed;
  return session_->commit();
}

void OdbcOutbox::leave() {
  if (session_) session_->rollBack();
}

void OdbcOutbox::cancel() {
  std::shared_ptr<Session> current;
  {
    std::lock_guard guard(mutex_);
    current = session_;
  }
  if (current) current->cancel();
}

}  // namespace lull::odbc
