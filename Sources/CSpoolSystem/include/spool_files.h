#ifndef SPOOL_FILES_H
#define SPOOL_FILES_H

#include <stdint.h>

/* File calls that Swift's Glibc module does not reach. Each returns 0 or an errno, or as it says. */

/* The number of a directory, and the time of its last change in nanoseconds since 1970. */
struct spool_directory_mark {
  uint64_t inode;
  int64_t changed;
};

/* Asks the server about `path` (statx with AT_STATX_FORCE_SYNC), so that a listing read after it
   does not come from a stale cache (R9). Where the kernel lacks statx the call is a plain stat.
   Links are followed. */
int spool_stat_fresh(const char *path, struct spool_directory_mark *mark);

/* Tries for the exclusive open-file-description lock on the whole file. Returns 0 where it got the
   lock, EAGAIN where another holds it. The lock ends with the last descriptor of the open file, not
   with the process. */
int spool_try_lock(int fd);

/* Renames where nothing stands at `to` (RENAME_NOREPLACE). Fails with EEXIST where something does,
   and with EINVAL or ENOSYS where the filesystem or the kernel cannot do it. */
int spool_rename_exclusively(const char *from, const char *to);

/* Copies up to `count` bytes at `offset` of one file to the same place of another, in the kernel
   (copy_file_range). Returns the number of bytes copied, 0 at the end of the file, or -errno. */
int64_t spool_copy_range(int from, int to, int64_t offset, uint64_t count);

enum { SPOOL_WRITERS_NONE, SPOOL_WRITERS_SOME, SPOOL_WRITERS_UNKNOWN };

/* Returns 1 if an open file or directory lies on a filesystem of this host alone, as far as is known. */
int spool_is_local(int fd);

/* Finds out if anybody on this host has the file open for writing. Returns -errno where the file
   cannot be opened. Unknown for another user's file (a lease is for the owner), and on filesystems
   that cannot tell. */
int spool_is_being_written(const char *path);

#endif
