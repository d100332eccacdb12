#pragma once

#include "key_table.hpp"

#include <vector>

/// The rows of the key table by section, in the order in which docs/configuration.md lists them.
namespace lull::config {

std::vector<KeyRow> listeningRows();
std::vector<KeyRow> redisRows();
std::vector<KeyRow> eventRows();
std::vector<KeyRow> formatRows();
std::vector<KeyRow> deliveryRows();
std::vector<KeyRow> failureRows();
std::vector<KeyRow> mailboxRows();
std::vector<KeyRow> brokerRows();
std::vector<KeyRow> sourceRows();
std::vector<KeyRow> egressRows();
std::vector<KeyRow> authenticationRows();
std::vector<KeyRow> loggingRows();

}  // namespace lull::config
