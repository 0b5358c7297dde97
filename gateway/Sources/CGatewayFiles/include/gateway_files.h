#ifndef GATEWAY_FILES_H
#define GATEWAY_FILES_H

#include <stddef.h>

/// A file that the program holds.
struct gateway_file {
  const char *name;
  const unsigned char *bytes;
  size_t length;
};

/// Returns the file of a number, from 0: the page's first, named as in Page/, then the schemas, named
/// as `schema/task`. Its name is NULL beyond the last.
struct gateway_file gateway_file_at(size_t number);

#endif
