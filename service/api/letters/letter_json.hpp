#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/dead_letter.hpp>
#include <lull/http/json.hpp>
#include <lull/ports/dead_letters.hpp>

#include <map>

namespace lull::api {

/// The names of the endpoints of dead letters, each looked up once. A deleted endpoint without a kept name has none.
class EndpointNames {
 public:
  explicit EndpointNames(ports::DeadLetters& letters) : letters_(letters) {}

  Result<http::Json> nameOf(const EndpointId& id);

 private:
  ports::DeadLetters& letters_;
  std::map<EndpointId, http::Json> names_;
};

/// A dead letter as `/dead-letters` shows it.
http::Json letterJson(const DeadLetter& letter, const http::Json& endpointName, const Catalogue& catalogue);

}  // namespace lull::api
