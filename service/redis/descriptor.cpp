#include "descriptor.hpp"

#include <unistd.h>

namespace lull::redis {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace lull::redis
