#pragma once

#include <lull/http/json.hpp>
#include <lull/ports/queue_view.hpp>

namespace lull::api {

/// A message as `/queue` shows it.
http::Json queueItemJson(const ports::QueueItem& item);

}  // namespace lull::api
