#include "spool_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/vfs.h>
#include <unistd.h>

int spool_is_local(int fd) {
  static const long kinds[] = {
      0xEF53,     /* ext2, ext3, ext4 */
      0x58465342, /* XFS */
      0x9123683E, /* btrfs */
      0x01021994, /* tmpfs */
      0x794C7630, /* overlayfs */
      0x2FC12FC1, /* ZFS */
      0xF2F52010, /* F2FS */
  };
  struct statfs about;
  if (fstatfs(fd, &about) != 0) return 0;
  for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if ((unsigned)about.f_type == (unsigned)kinds[i]) return 1;
  return 0;
}

int spool_is_being_written(const char *path) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return errno == EACCES || errno == EPERM ? SPOOL_WRITERS_UNKNOWN : -errno;
  int answer = SPOOL_WRITERS_UNKNOWN;
  /* Somebody who opens the file while we hold the lease breaks it, and a signal tells us: by
     default SIGIO, which would end the process. SIGURG is ignored. */
  /* On these a lease is refused exactly while somebody has the file open for writing. NFS refuses
     it for other reasons too, and some filesystems never do. */
  if (spool_is_local(fd) && fcntl(fd, F_SETSIG, SIGURG) == 0) {
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
      answer = SPOOL_WRITERS_NONE;
      fcntl(fd, F_SETLEASE, F_UNLCK);
    } else if (errno == EAGAIN) {
      answer = SPOOL_WRITERS_SOME;
    }
  }
  close(fd);
  return answer;
}
