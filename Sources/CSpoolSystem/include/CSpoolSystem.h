#ifndef CSPOOLSYSTEM_H
#define CSPOOLSYSTEM_H

#include "spool_files.h"
#include "spool_process.h"

#endif
