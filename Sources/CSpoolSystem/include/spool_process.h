#ifndef SPOOL_PROCESS_H
#define SPOOL_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Process calls that Swift's Glibc module does not reach, or that must not run Swift code. */

/* Returns nanoseconds of CLOCK_MONOTONIC. They are for deadlines, and mean nothing on another host
   or after a boot. */
uint64_t spool_now(void);

/* Returns the name of an errno, as `ENOENT`; NULL where it has none. The string is static. */
const char *spool_error_name(int code);
/* Returns the meaning of an errno in English, whatever the locale, or NULL. The string is
   static. */
const char *spool_error_text(int code);

/* Makes an eventfd that does not block, close-on-exec. Returns -1 and sets errno on failure. */
int spool_event_create(void);

/* Makes a pipe, close-on-exec, whose read end alone does not block. Returns 0 or an errno. */
int spool_pipe(int *read_end, int *write_end);

/* Sleeps until one of `count` descriptors is readable or `deadline` (spool_now) has come. Sets
   ready[i]. Returns the number that are ready: 0 at the deadline or after a signal. */
int spool_wait_readable(const int *descriptors, unsigned char *ready, unsigned count,
                        uint64_t deadline);

/* Makes a set of descriptors that is itself a descriptor, close-on-exec, readable while one of its
   members is. Any thread may add one, also while another thread sleeps on the set. Returns -1 and
   sets errno on failure. */
int spool_set_create(void);
/* Adds a descriptor to a set. Returns 0 or an errno. */
int spool_set_add(int set, int descriptor);
/* Removes a descriptor from a set. It is called before the descriptor is closed: a process that is
   being started may hold a copy, and then the set would go on reporting it. */
void spool_set_remove(int set, int descriptor);

/* Returns the number of cores that this process may run on, by its affinity mask: at least 1. */
int spool_usable_cores(void);

/* Stores the numbers of these cores, up to `capacity` of them. Returns how many it stored. */
int spool_list_cores(int *cores, int capacity);

/* --- Payloads --------------------------------------------------------------------------------- */

/* The signs by which a payload's processes are known again. There are two, since one can be lost:
   - `mark` is set as its RLIMIT_RTTIME. That limit concerns real-time threads alone, the value is
     so large that it limits nothing (146,000 years), it is inherited by every descendant, survives
     setsid() and an emptied environment, may be lowered but not raised without privilege, and one
     prlimit() reads it, of zombies too.
   - `runner` followed by a full stop and the serial number stands in its environment. */
struct spool_mark {
  char runner[20];
  uint64_t bits;
};

/* Returns the serial number of the payload that process `pid` belongs to by these signs, or -1. */
int64_t spool_payload_of(pid_t pid, const struct spool_mark *mark);

/* Returns the rlimit for a payload of this runner. */
uint64_t spool_mark_value(const struct spool_mark *mark, uint32_t serial);

enum spool_spawn_step {
  SPOOL_SPAWN_CLONE,
  SPOOL_SPAWN_DIRECTORY,
  SPOOL_SPAWN_OUTPUT,
  SPOOL_SPAWN_ERROR_OUTPUT,
  SPOOL_SPAWN_EXEC,
};

struct spool_spawn {
  const char *program; /* with a slash; no PATH is searched */
  char *const *arguments;
  char *const *environment;
  const char *directory;
  const char *output;
  const char *error_output;
  uint64_t mark;
  mode_t umask;
  const int *cores; /* the cores that it may run on; NULL: those of the caller */
  int core_count;
  const char *group; /* the file by which it joins a control group; NULL: that of the caller */
  const char *oom_score; /* what the kernel's OOM killer is told: a number from 0 to 1000 */
  /* Answers. */
  int pidfd; /* -1 where the kernel has none */
  int step;  /* enum spool_spawn_step: the step that failed */
  int error; /* the errno of that step */
};

/* Starts a process: a new session, standard input empty, output to the two files (emptied), no
   other descriptor, no signal blocked or ignored, killed when the calling *thread* ends. Returns
   its pid, or -1 with `step` and `error`: failure to exec included. */
pid_t spool_start(struct spool_spawn *spawn);

/* Makes a file in memory that holds `size` bytes, to be read from its beginning, close-on-exec.
   Returns its descriptor, or -1. */
int spool_memory_file(const void *bytes, size_t size);

/* Starts a small program, in a process group of its own, with signals as they are by default and
   nothing open but its input, its output and, if `errors`, the output again as standard error.
   Returns 0 or an errno. */
int spool_spawn_small(pid_t *pid, const char *program, char *const *arguments,
                      char *const *environment, int input, int output, int errors);

/* Makes orphans below this process its children. Returns 0 or an errno. */
int spool_become_subreaper(void);

/* Opens the file that lists the main thread's children, adopted ones among them. Returns a
   descriptor, or -1 where the kernel lacks the file. */
int spool_children_open(void);

/* Reads that file as text: pids with blanks between. Returns the number of bytes, or -1. */
ssize_t spool_children_read(int descriptor, char *text, size_t capacity);

struct spool_exit {
  int signal; /* 0: it exited */
  int code;
  double cpu;         /* seconds, user and system */
  int64_t peak_bytes; /* ru_maxrss */
};

/* Waits without blocking. Returns 1 where it reaped the process, 0 where the process still runs, -1
   where it is not our child. */
int spool_reap(pid_t pid, struct spool_exit *how);

/* Returns the peak of this process's own memory in bytes. That is the least that ru_maxrss of a
   child can be, since a vforked child counts its parent's memory until it execs. */
int64_t spool_own_peak(void);

struct spool_process {
  pid_t pid, parent, group, session;
  char state;
  uint64_t start;    /* clock ticks since boot */
  int64_t resident;  /* bytes */
  uint64_t cpu;      /* clock ticks, its own and of children that it has waited for */
};

/* Reads /proc/PID/stat. Returns 0 or an errno. */
int spool_process_read(pid_t pid, struct spool_process *process);

/* Returns the bytes of memory that process `pid` has for itself, and its share of what it shares with
   others; pages of files that it maps are left out, since the kernel drops them when memory is short.
   Returns -1 where that cannot be known. It takes a millisecond for each gigabyte or so. */
int64_t spool_process_memory(pid_t pid);

/* Lists the processes. Returns the number that were stored, or -1 and sets errno. */
int spool_process_list(struct spool_process *processes, int capacity);

/* Frees the disk blocks of `path` between its first and last `keep` bytes, from `*done` on, which
   it advances; the size stays, and is returned, or -1. Nothing happens while there is less than
   another `keep` to free. */
int64_t spool_punch_middle(const char *path, int64_t keep, int64_t *done);

/* --- The guardian ----------------------------------------------------------------------------- */

/* Forks a small process that outlives this one just long enough to kill every process that bears
   `mark`. It leaves when `*lifeline`, the write end of a pipe, is closed: by the caller, or by the
   kernel when the caller dies in whatever way. Its exit sends no SIGCHLD and a plain wait does not
   see it. Returns its pid, or -1 and errno. */
pid_t spool_guardian_start(const struct spool_mark *mark, int *lifeline);

/* Reaps the guardian if it has left. Returns 1 if it did, else 0. */
int spool_guardian_reap(pid_t guardian);

#endif
