#pragma once

#include <lull/ports/history.hpp>

namespace lull::testing {

/// Notes nothing for the history.
struct NoNotes : ports::HistoryNotes {
  void attempted(const EndpointId&, bool) override {}
  void deliveredAfter(Millis) override {}
};

}  // namespace lull::testing
