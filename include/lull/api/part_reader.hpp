#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/ports/event_reader.hpp>

namespace lull::api {

/// Makes events of the parts that sources read, by the rules of `POST /events`.
class PartReader : public ports::EventReader {
 public:
  /// The catalogue outlives this object.
  explicit PartReader(const Catalogue& catalogue) : catalogue_(catalogue) {}
  Result<Event> read(ports::EventParts parts) const override;

 private:
  const Catalogue& catalogue_;
};

}  // namespace lull::api
