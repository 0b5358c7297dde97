#include "spool_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* spool_payload_of and spool_process_read are async-signal-safe: the guardian calls them after a
   fork. */

static void proc_path(char *path, pid_t pid, const char *file) {
  char digits[16];
  int count = 0;
  for (pid_t rest = pid; count == 0 || rest > 0; rest /= 10) {
    digits[count++] = (char)('0' + rest % 10);
  }
  memcpy(path, "/proc/", 6);
  path += 6;
  while (count > 0) *path++ = digits[--count];
  *path++ = '/';
  strcpy(path, file);
}

uint64_t spool_mark_value(const struct spool_mark *mark, uint32_t serial) {
  return ((uint64_t)1 << 62) | (mark->bits & 0x3fffffff) << 32 | serial;
}

static int64_t serial_in_limit(pid_t pid, const struct spool_mark *mark) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_RTTIME, NULL, &limit) != 0) return -1;
  uint64_t value = limit.rlim_max;
  if (value >> 32 != spool_mark_value(mark, 0) >> 32) return -1;
  return (int64_t)(value & 0xffffffff);
}

/* Returns the number after `needle` in the text, or -1. */
static int64_t serial_in_text(const char *text, size_t length, const char *needle) {
  size_t size = strlen(needle);
  const char *found = memmem(text, length, needle, size);
  if (found == NULL || found[size] != '.') return -1;
  int64_t serial = 0;
  const char *digit = found + size + 1;
  if (*digit < '0' || *digit > '9') return -1;
  for (; *digit >= '0' && *digit <= '9' && serial < 1LL << 32; digit++) {
    serial = serial * 10 + (*digit - '0');
  }
  return serial;
}

static int64_t serial_in_environment(pid_t pid, const struct spool_mark *mark) {
  enum { PIECE = 16384, OVERLAP = 64 };
  char path[64], text[OVERLAP + PIECE + 1];
  proc_path(path, pid, "environ");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  int64_t serial = -1;
  size_t kept = 0;
  /* Pieces overlap by more than the length of a mark. Their number is limited, since an
     environment may have megabytes. */
  for (int piece = 0; piece < 256 && serial < 0; piece++) {
    ssize_t count = read(fd, text + kept, PIECE);
    if (count <= 0) break;
    size_t length = kept + (size_t)count;
    text[length] = 0;
    serial = serial_in_text(text, length, mark->runner);
    kept = length < OVERLAP ? length : OVERLAP;
    memmove(text, text + length - kept, kept);
  }
  close(fd);
  return serial;
}

int64_t spool_payload_of(pid_t pid, const struct spool_mark *mark) {
  int64_t serial = serial_in_limit(pid, mark);
  return serial >= 0 ? serial : serial_in_environment(pid, mark);
}

int spool_children_open(void) {
  /* Orphans go to the first living thread of a subreaper: the main thread, whose id is the pid. */
  char path[96], file[32];
  snprintf(file, sizeof file, "task/%d/children", (int)getpid());
  proc_path(path, getpid(), file);
  return open(path, O_RDONLY | O_CLOEXEC);
}

ssize_t spool_children_read(int descriptor, char *text, size_t capacity) {
  size_t length = 0;
  while (length < capacity) {
    ssize_t count = pread(descriptor, text + length, capacity - length, (off_t)length);
    if (count < 0) return -1;
    if (count == 0) break;
    length += (size_t)count;
    /* The kernel fills a page as far as it can. Less than that was all there is. */
    if (count < 2048) break;
  }
  return (ssize_t)length;
}

/* Reads the fields of /proc/PID/stat that follow the name, as numbers: field 4 is the first. */
static int read_numbers(const char *text, long long *numbers, int wanted) {
  for (int i = 0; i < wanted; i++) {
    while (*text == ' ') text++;
    int negative = *text == '-';
    if (negative) text++;
    if (*text < '0' || *text > '9') return EINVAL;
    unsigned long long number = 0;
    for (; *text >= '0' && *text <= '9'; text++) number = number * 10 + (unsigned)(*text - '0');
    numbers[i] = negative ? -(long long)number : (long long)number;
  }
  return 0;
}

int spool_process_read(pid_t pid, struct spool_process *process) {
  char path[64], text[1024];
  proc_path(path, pid, "stat");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  ssize_t length = read(fd, text, sizeof text - 1);
  int error = errno;
  close(fd);
  if (length <= 0) return length < 0 ? error : ESRCH;
  text[length] = 0;
  /* The name may hold blanks and parentheses. The last parenthesis ends it. */
  const char *rest = strrchr(text, ')');
  if (rest == NULL || rest[1] != ' ' || rest[2] == 0) return EINVAL;
  long long numbers[21];
  if (read_numbers(rest + 3, numbers, 21) != 0) return EINVAL;
  process->pid = pid;
  process->state = rest[2];
  process->parent = (pid_t)numbers[0];
  process->group = (pid_t)numbers[1];
  process->session = (pid_t)numbers[2];
  process->cpu = 0;
  for (int i = 10; i <= 13; i++) process->cpu += (uint64_t)numbers[i];
  process->start = (uint64_t)numbers[18];
  process->resident = numbers[20] * sysconf(_SC_PAGESIZE);
  return 0;
}

static int64_t kilobytes(const char *text, const char *key) {
  const char *found = strstr(text, key);
  return found == NULL ? -1 : 1024 * strtoll(found + strlen(key), NULL, 10);
}

/* Reads a small file of /proc/PID as text. Returns its length, or -1. */
static ssize_t read_text(pid_t pid, const char *file, char *text, size_t capacity) {
  char path[64];
  proc_path(path, pid, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, capacity - 1);
  close(fd);
  if (length <= 0) return -1;
  text[length] = 0;
  return length;
}

int64_t spool_process_memory(pid_t pid) {
  char text[4096];
  if (read_text(pid, "smaps_rollup", text, sizeof text) > 0) {
    int64_t own = kilobytes(text, "\nPss_Anon:");
    int64_t shared = kilobytes(text, "\nPss_Shmem:");
    if (own >= 0 && shared >= 0) return own + shared;
    int64_t all = kilobytes(text, "\nPss:");
    if (all >= 0) return all;
  }
  if (read_text(pid, "statm", text, sizeof text) <= 0) return -1;
  long long numbers[3];
  if (read_numbers(text, numbers, 3) != 0) return -1;
  return (numbers[1] - numbers[2]) * sysconf(_SC_PAGESIZE);
}

int spool_process_list(struct spool_process *processes, int capacity) {
  DIR *directory = opendir("/proc");
  if (directory == NULL) return -1;
  int count = 0;
  struct dirent *entry;
  while (count < capacity && (entry = readdir(directory)) != NULL) {
    pid_t pid = (pid_t)atoi(entry->d_name);
    if (pid > 0 && spool_process_read(pid, &processes[count]) == 0) count++;
  }
  closedir(directory);
  return count;
}

int64_t spool_punch_middle(const char *path, int64_t keep, int64_t *done) {
  int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat status;
  int64_t size = -1;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    size = (int64_t)status.st_size;
    if (status.st_size < *done) *done = 0; /* emptied by the payload */
    int64_t from = *done > keep ? *done : keep;
    int64_t to = (int64_t)status.st_size - keep;
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (to - from > 0 && (to - from >= keep || *done == 0) &&
        fallocate(fd, mode, from, to - from) == 0) {
      *done = to;
    }
  }
  close(fd);
  return size;
}
