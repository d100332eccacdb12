#pragma once

#include <lull/ports/outbox_table.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace lull::odbc {

class Session;

struct OdbcOutboxSettings {
  std::string connectionString;  ///< secret
  std::string table;             ///< isTableName()
  OutboxColumns columns;
  std::string takeSql;  ///< empty: by the dialect of the database
};

/// An outbox table in a database that has an ODBC driver. It connects when it is first asked, and again after every
/// error.
class OdbcOutbox : public ports::OutboxTable {
 public:
  explicit OdbcOutbox(OdbcOutboxSettings settings);
  ~OdbcOutbox() override;

  Result<std::vector<ports::OutboxRow>> take(std::size_t most) override;
  Status finish(const std::vector<std::string>& done, const std::vector<ports::RefusedRow>& refused) override;
  void leave() override;
  void cancel() override;

 private:
  struct KnownColumns;
  Status connect();
  void disconnect();
  Result<std::vector<ports::OutboxRow>> read(std::size_t most);
  Status mark(const std::vector<ports::RefusedRow>& refused);
  Status remove(const std::vector<std::string>& done);
  Status change(const std::vector<std::string>& done, const std::vector<ports::RefusedRow>& refused);

  const OdbcOutboxSettings settings_;
  std::unique_ptr<KnownColumns> known_;
  std::mutex mutex_;  ///< for the pointer below, which cancel() reads
  std::shared_ptr<Session> session_;
};

}  // namespace lull::odbc
