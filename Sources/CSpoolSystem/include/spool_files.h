#ifndef SPOOL_FILES_H
#define SPOOL_FILES_H

/* File calls that Swift's Glibc module does not reach. Each returns 0 or errno. */

/* Asks the server about `path` (statx with AT_STATX_FORCE_SYNC), so that a listing read after it
   does not come from a stale cache (R9). Where the kernel lacks statx the call is a plain stat. */
int spool_stat_fresh(const char *path);

/* Tries for the exclusive open-file-description lock on the whole file: 0 got it, EAGAIN where
   another holds it. It goes with the last descriptor of the open file, not with the process. */
int spool_try_lock(int fd);

/* rename that fails with EEXIST where something stands at `to` (RENAME_NOREPLACE); EINVAL or
   ENOSYS where the filesystem or the kernel cannot. */
int spool_rename_exclusively(const char *from, const char *to);

enum { SPOOL_WRITERS_NONE, SPOOL_WRITERS_SOME, SPOOL_WRITERS_UNKNOWN };

/* Whether anybody on this host has the file open for writing; -errno where it cannot be opened.
   Unknown where it is another's (a lease is for the owner), and on filesystems that cannot tell. */
int spool_is_being_written(const char *path);

#endif
