// A clock that is wrong: loaded before libc, it adds the seconds in the file that
// CLOCK_FILE names to the time of a redis-server.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int gettimeofday(struct timeval *restrict tv, void *restrict tz) {
  int failed = syscall(SYS_gettimeofday, tv, tz);
  const char *name = getenv("CLOCK_FILE");
  char text[32] = {0};
  int file = name ? open(name, O_RDONLY) : -1;
  if (file >= 0) {
    if (read(file, text, sizeof text - 1) > 0)
      tv->tv_sec += atoll(text);
    close(file);
  }
  return failed;
}
