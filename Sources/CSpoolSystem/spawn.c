#include "spool_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's arguments. They lie in the parent's memory, which stands still until the exec. */
struct child {
  struct spool_spawn *spawn;
  pid_t parent;
};

static void fail(struct spool_spawn *spawn, int step) {
  spawn->step = step;
  spawn->error = errno;
  _exit(127);
}

static void close_everything(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 0u, ~0u, 0u) == 0) return;
#endif
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
  for (rlim_t fd = 0; fd < limit.rlim_cur && fd < 1 << 20; fd++) close((int)fd);
}

/* Makes all signals as they are by default: exec keeps ignored signals and the mask. Handlers go
   before the mask does, else one could run here, in the parent's memory. The C library's own call
   refuses two of its own signals. */
static void reset_signals(void) {
  const char standard[128] __attribute__((aligned(16))) = {0}; /* SIG_DFL, no flags, no mask */
  for (int number = 1; number < _NSIG; number++) {
    syscall(SYS_rt_sigaction, number, standard, NULL, _NSIG / 8);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Lets this process, and all that come of it, run on these cores alone. The kernel refuses where they
   were all taken from us meanwhile: then it runs where it may. */
static void pin(const int *cores, int count) {
  unsigned long mask[4096 / (8 * sizeof(unsigned long))] = {0};
  const int bits = 8 * sizeof mask[0];
  for (int i = 0; i < count; i++) {
    if (cores[i] < 0 || cores[i] >= 4096) return;
    mask[cores[i] / bits] |= 1ul << (cores[i] % bits);
  }
  syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

/* Writes to a file of the kernel's. Where it refuses, things stay as they are. */
static void tell(const char *path, const char *text) {
  int file = open(path, O_WRONLY);
  if (file < 0) return;
  ssize_t written = write(file, text, strlen(text));
  (void)written;
  close(file);
}

static int run_child(void *argument) {
  struct child *child = argument;
  struct spool_spawn *spawn = child->spawn;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != child->parent) _exit(127); /* the parent died before the line above */
  setsid();
  if (spawn->cores != NULL) pin(spawn->cores, spawn->core_count);
  umask(spawn->umask);
  /* With nothing open, the three files get the numbers 0, 1 and 2. */
  close_everything();
  const int create = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOCTTY;
  if (open("/dev/null", O_RDONLY) != 0) fail(spawn, SPOOL_SPAWN_CLONE);
  if (open(spawn->output, create, 0644) != 1) fail(spawn, SPOOL_SPAWN_OUTPUT);
  if (open(spawn->error_output, create, 0644) != 2) fail(spawn, SPOOL_SPAWN_ERROR_OUTPUT);
  if (spawn->group != NULL) tell(spawn->group, "0");
  /* The kernel gives a child of vfork a score of its own. */
  tell("/proc/self/oom_score_adj", spawn->oom_score);
  if (chdir(spawn->directory) != 0) fail(spawn, SPOOL_SPAWN_DIRECTORY);
  /* The kernel refuses where the limit is lower already. Then the environment alone is the sign. */
  struct rlimit mark = {spawn->mark, spawn->mark};
  setrlimit(RLIMIT_RTTIME, &mark);
  reset_signals();
  execve(spawn->program, spawn->arguments, spawn->environment);
  fail(spawn, SPOOL_SPAWN_EXEC);
  return 127;
}

pid_t spool_start(struct spool_spawn *spawn) {
  _Alignas(64) char stack[32768];
  struct child child = {spawn, getpid()};
  spawn->pidfd = -1;
  spawn->step = SPOOL_SPAWN_CLONE;
  spawn->error = 0;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  /* As vfork does, but on a stack of its own: memory is shared, and the parent stands still until
     the exec. An older kernel ignores CLONE_PIDFD. */
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  pid_t pid = clone(run_child, stack + sizeof stack, flags, &child, &spawn->pidfd);
  if (pid < 0) spawn->error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (pid > 0 && spawn->error != 0) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    if (spawn->pidfd >= 0) close(spawn->pidfd);
    return -1;
  }
  return pid;
}

int spool_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int spool_reap(pid_t pid, struct spool_exit *how) {
  int status;
  struct rusage usage;
  pid_t answer = wait4(pid, &status, WNOHANG, &usage);
  if (answer == 0 || (answer < 0 && errno == EINTR)) return 0;
  if (answer < 0) return -1;
  how->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  how->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  how->cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  how->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
  return 1;
}

int64_t spool_own_peak(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}
