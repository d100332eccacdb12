#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/ports/message_reader.hpp>

namespace lull::api {

/// Makes events of messages of a broker, by the rules of `POST /events` for one event or one CloudEvent in structured
/// mode. Without a content type, a body with the member `specversion` is a CloudEvent.
class BodyReader : public ports::MessageReader {
 public:
  /// The catalogue outlives this object.
  explicit BodyReader(const Catalogue& catalogue) : catalogue_(catalogue) {}
  Result<Event> read(const ports::MessageText& text) const override;

 private:
  const Catalogue& catalogue_;
};

}  // namespace lull::api
