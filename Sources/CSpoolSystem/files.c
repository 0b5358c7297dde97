#include "spool_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int spool_stat_fresh(const char *path, struct spool_directory_mark *mark) {
  struct statx answer;
  if (statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &answer) == 0) {
    mark->inode = answer.stx_ino;
    mark->changed = answer.stx_ctime.tv_sec * 1000000000 + answer.stx_ctime.tv_nsec;
    return 0;
  }
  if (errno != ENOSYS) return errno;
  struct stat plain;
  if (stat(path, &plain) != 0) return errno;
  mark->inode = plain.st_ino;
  mark->changed = plain.st_ctim.tv_sec * INT64_C(1000000000) + plain.st_ctim.tv_nsec;
  return 0;
}

int spool_try_lock(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

int64_t spool_copy_range(int from, int to, int64_t offset, uint64_t count) {
  off64_t in = offset, out = offset;
  ssize_t done = copy_file_range(from, &in, to, &out, count, 0);
  return done < 0 ? -errno : done;
}

int spool_rename_exclusively(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
}
