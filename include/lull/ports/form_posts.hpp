#pragma once

#include <lull/domain/result.hpp>

#include <string>

namespace lull::ports {

/// What came back for a form.
struct FormAnswer {
  int status = 0;
  std::string body;
};

/// Sends forms to a party that the operator trusts, such as the issuer of access tokens.
class FormPosts {
 public:
  virtual ~FormPosts() = default;
  /// The answer to `form`, of type application/x-www-form-urlencoded, whatever its status. No whole answer within the
  /// deadline, or one over the cap, is an error: one sentence that names the URL and repeats nothing of the form or the
  /// answer. The form is sent once at most. Blocks until then; thread-safe.
  virtual Result<FormAnswer> post(const std::string& url, const std::string& form) = 0;
};

}  // namespace lull::ports
