#include "key_rows.hpp"

namespace lull::config {
namespace {

std::vector<KeyRow> allRows() {
  std::vector<KeyRow> rows;
  for (auto* section : {listeningRows, redisRows, eventRows, formatRows, deliveryRows, failureRows, mailboxRows,
                        brokerRows, sourceRows, egressRows, authenticationRows, loggingRows}) {
    for (KeyRow& row : section()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

const std::vector<KeyRow>& keyRows() {
  static const std::vector<KeyRow> kRows = allRows();
  return kRows;
}

}  // namespace lull::config
