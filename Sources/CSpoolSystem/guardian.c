#include "spool_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The guardian's state. The guardian runs on a copy of the process that the fork made, in which
   other threads may have held any lock: so it makes system calls and string functions only. */
struct guardian {
  struct spool_mark mark;
  int pipe;
};

/* An entry as getdents64 fills it in. The C library does not declare it. */
struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

static pid_t pid_named(const char *name) {
  pid_t pid = 0;
  for (; *name >= '0' && *name <= '9'; name++) pid = pid * 10 + (*name - '0');
  return *name == 0 ? pid : 0;
}

/* Kills the processes that bear the mark, in one pass over /proc. Returns their number. */
static int kill_marked(const struct spool_mark *mark) {
  _Alignas(16) char buffer[16384];
  int found = 0;
  int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  for (;;) {
    long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      struct entry *entry = (struct entry *)(buffer + at);
      at += entry->length;
      pid_t pid = pid_named(entry->name);
      if (pid <= 0 || spool_payload_of(pid, mark) < 0) continue;
      struct spool_process process;
      int dead = spool_process_read(pid, &process) == 0 && process.state == 'Z';
      if (!dead && kill(pid, SIGKILL) == 0) found++;
    }
  }
  close(directory);
  return found;
}

static void detach(struct guardian *guardian) {
  prctl(PR_SET_NAME, "spool-guardian");
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  for (int number = 1; number < NSIG; number++) sigaction(number, &ignore, NULL);
  setsid();
  if (chdir("/") != 0) {} /* else it would keep a mount busy, which does no harm */
  dup2(guardian->pipe, 0);
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 1u, ~0u, 0u) == 0) return;
#endif
  for (int fd = 1; fd < 65536; fd++) close(fd);
}

static int guard(void *argument) {
  struct guardian *guardian = argument;
  detach(guardian);
  char byte;
  ssize_t count;
  do {
    count = read(0, &byte, 1);
  } while (count > 0 || (count < 0 && errno == EINTR));
  /* A process that forks during one pass is found in the next one. Two clean passes in a row end
     the search, or half a minute with a process that cannot die (it waits for a disk). */
  int clean = 0;
  for (int pass = 0; pass < 600 && clean < 2; pass++) {
    clean = kill_marked(&guardian->mark) == 0 ? clean + 1 : 0;
    struct timespec pause = {0, pass < 100 ? 2000000 : 60000000};
    if (clean < 2) nanosleep(&pause, NULL);
  }
  _exit(0);
}

pid_t spool_guardian_start(const struct spool_mark *mark, int *lifeline) {
  _Alignas(64) char stack[131072];
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  struct guardian guardian = {*mark, ends[0]};
  /* Signals are held back until the child ignores them, since its handlers are ours. It has no
     exit signal: it is nobody's SIGCHLD, and only a wait with __WALL or __WCLONE sees it. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = clone(guard, stack + sizeof stack, 0, &guardian);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[0]);
  if (pid < 0) {
    close(ends[1]);
    errno = error;
    return -1;
  }
  *lifeline = ends[1];
  return pid;
}

int spool_guardian_reap(pid_t guardian) {
  return waitpid(guardian, NULL, WNOHANG | __WALL) != 0;
}
