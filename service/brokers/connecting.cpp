#include <lull/brokers/connecting.hpp>
#include <lull/brokers/wire.hpp>

#include <pthread.h>

#include <thread>

namespace lull::brokers {

void runDetached(const std::string& threadName, std::function<void()> work) {
  std::thread([name = threadName, work = std::move(work)] {
    pthread_setname_np(pthread_self(), name.c_str());
    blockBrokenPipes();
    work();
  }).detach();
}

}  // namespace lull::brokers
