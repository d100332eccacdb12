// Preloaded into redis-server: its wall clock runs ahead or behind by the microseconds that stand in the 8 bytes of the file
// named by STEPPED_CLOCK. (libfaketime does not start with a redis-server that is linked with jemalloc.)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* offset;

__attribute__((constructor)) static void openClock(void) {
  const char* path = getenv("STEPPED_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY);
  if (file < 0) return;
  void* const mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) offset = mapped;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec* out) {
  const int result = (int)syscall(SYS_clock_gettime, clock, out);
  if (result != 0 || offset == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const int64_t micros = (int64_t)out->tv_sec * 1000000 + out->tv_nsec / 1000 + *offset;
  out->tv_nsec = (micros % 1000000) * 1000 + out->tv_nsec % 1000;
  out->tv_sec = micros / 1000000;
  return 0;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  struct timespec now;
  (void)zone;
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}
