#pragma once

#include "call.hpp"
#include "ownership.hpp"

#include <lull/api/server.hpp>

namespace lull::api {

struct DeadLettersHandlers {
  ports::DeadLetters& letters;
  ports::EndpointStore& endpoints;
  ports::Channel& channel;  ///< renders what would be sent
  const Catalogue& catalogue;
  Ownership ownership;

  Result<http::Response> list(Call& call) const;
  Result<http::Response> get(Call& call) const;
  Result<http::Response> retryOne(Call& call) const;
  Result<http::Response> removeOne(Call& call) const;
  Result<http::Response> retryMany(Call& call) const;
  Result<http::Response> purgeMany(Call& call) const;

 private:
  Status judge(const Call& call) const;
  Result<ports::BulkRequest> bulkRequest(const Call& call) const;
};

}  // namespace lull::api
