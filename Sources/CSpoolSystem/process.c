#include "spool_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

uint64_t spool_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *spool_error_name(int code) { return strerrorname_np(code); }

const char *spool_error_text(int code) { return strerrordesc_np(code); }

int spool_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int spool_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}

static int wait_polled(struct pollfd *polled, unsigned count, uint64_t deadline) {
  uint64_t now = spool_now();
  uint64_t left = deadline > now ? deadline - now : 0;
  /* A day at most. A caller that waits longer comes round again. */
  if (left > 86400000000000u) left = 86400000000000u;
  struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
  int ready = ppoll(polled, count, &timeout, NULL);
  return ready > 0 ? ready : 0;
}

int spool_wait_readable(const int *descriptors, unsigned char *ready, unsigned count,
                        uint64_t deadline) {
  struct pollfd few[64];
  struct pollfd *polled = count <= 64 ? few : malloc(count * sizeof *polled);
  if (polled == NULL) return 0;
  for (unsigned i = 0; i < count; i++) {
    polled[i].fd = descriptors[i];
    polled[i].events = POLLIN;
    polled[i].revents = 0;
  }
  int number = wait_polled(polled, count, deadline);
  for (unsigned i = 0; i < count; i++) ready[i] = number > 0 && polled[i].revents != 0;
  if (polled != few) free(polled);
  return number;
}

int spool_set_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int spool_set_add(int set, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void spool_set_remove(int set, int descriptor) {
  struct epoll_event event = {0}; /* for kernels that want one */
  epoll_ctl(set, EPOLL_CTL_DEL, descriptor, &event);
}

/* Reads the affinity mask. Returns it, to be freed, or NULL. */
static cpu_set_t *affinity(size_t *size) {
  /* The size of the mask is the kernel's, not the library's 1,024. */
  for (int cores = 1024; cores <= 1 << 20; cores *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)cores);
    if (set == NULL) return NULL;
    *size = CPU_ALLOC_SIZE((size_t)cores);
    if (sched_getaffinity(0, *size, set) == 0) return set;
    int error = errno;
    CPU_FREE(set);
    if (error != EINVAL) return NULL;
  }
  return NULL;
}

int spool_usable_cores(void) {
  size_t size;
  cpu_set_t *set = affinity(&size);
  if (set == NULL) return 1;
  int number = CPU_COUNT_S(size, set);
  CPU_FREE(set);
  return number > 0 ? number : 1;
}

int spool_list_cores(int *cores, int capacity) {
  size_t size;
  cpu_set_t *set = affinity(&size);
  if (set == NULL) return 0;
  int count = 0;
  for (int core = 0; core < (int)(8 * size) && count < capacity; core++) {
    if (CPU_ISSET_S((size_t)core, size, set)) cores[count++] = core;
  }
  CPU_FREE(set);
  return count;
}
