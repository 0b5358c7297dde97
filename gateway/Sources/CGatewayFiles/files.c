// The files that the program holds. Written by scripts/gateway-files.py; a test holds it against
// the directories.

#include "gateway_files.h"

static const unsigned char file_0[] = {
#embed "../SpoolGateway/Page/api.html"
};
static const unsigned char file_1[] = {
#embed "../SpoolGateway/Page/index.html"
};
static const unsigned char file_2[] = {
#embed "../SpoolGateway/Page/reference.css"
};
static const unsigned char file_3[] = {
#embed "../SpoolGateway/Page/reference.js"
};
static const unsigned char file_4[] = {
#embed "../../../docs/schema/archive-line.schema.json"
};
static const unsigned char file_5[] = {
#embed "../../../docs/schema/catalogue-line.schema.json"
};
static const unsigned char file_6[] = {
#embed "../../../docs/schema/chain-summary.schema.json"
};
static const unsigned char file_7[] = {
#embed "../../../docs/schema/chain.schema.json"
};
static const unsigned char file_8[] = {
#embed "../../../docs/schema/checkpoint.schema.json"
};
static const unsigned char file_9[] = {
#embed "../../../docs/schema/common.schema.json"
};
static const unsigned char file_10[] = {
#embed "../../../docs/schema/dataset-header.schema.json"
};
static const unsigned char file_11[] = {
#embed "../../../docs/schema/dataset-line.schema.json"
};
static const unsigned char file_12[] = {
#embed "../../../docs/schema/dataset-summary.schema.json"
};
static const unsigned char file_13[] = {
#embed "../../../docs/schema/dataset.schema.json"
};
static const unsigned char file_14[] = {
#embed "../../../docs/schema/delete.schema.json"
};
static const unsigned char file_15[] = {
#embed "../../../docs/schema/job.schema.json"
};
static const unsigned char file_16[] = {
#embed "../../../docs/schema/journal-line.schema.json"
};
static const unsigned char file_17[] = {
#embed "../../../docs/schema/ledger-line.schema.json"
};
static const unsigned char file_18[] = {
#embed "../../../docs/schema/notice.schema.json"
};
static const unsigned char file_19[] = {
#embed "../../../docs/schema/order.schema.json"
};
static const unsigned char file_20[] = {
#embed "../../../docs/schema/pilot.schema.json"
};
static const unsigned char file_21[] = {
#embed "../../../docs/schema/result.schema.json"
};
static const unsigned char file_22[] = {
#embed "../../../docs/schema/spool.schema.json"
};
static const unsigned char file_23[] = {
#embed "../../../docs/schema/summary.schema.json"
};
static const unsigned char file_24[] = {
#embed "../../../docs/schema/task.schema.json"
};
static const unsigned char file_25[] = {
#embed "../../../docs/schema/watcher.schema.json"
};

static const struct gateway_file files[] = {
    {"api.html", file_0, sizeof file_0},
    {"index.html", file_1, sizeof file_1},
    {"reference.css", file_2, sizeof file_2},
    {"reference.js", file_3, sizeof file_3},
    {"schema/archive-line", file_4, sizeof file_4},
    {"schema/catalogue-line", file_5, sizeof file_5},
    {"schema/chain-summary", file_6, sizeof file_6},
    {"schema/chain", file_7, sizeof file_7},
    {"schema/checkpoint", file_8, sizeof file_8},
    {"schema/common", file_9, sizeof file_9},
    {"schema/dataset-header", file_10, sizeof file_10},
    {"schema/dataset-line", file_11, sizeof file_11},
    {"schema/dataset-summary", file_12, sizeof file_12},
    {"schema/dataset", file_13, sizeof file_13},
    {"schema/delete", file_14, sizeof file_14},
    {"schema/job", file_15, sizeof file_15},
    {"schema/journal-line", file_16, sizeof file_16},
    {"schema/ledger-line", file_17, sizeof file_17},
    {"schema/notice", file_18, sizeof file_18},
    {"schema/order", file_19, sizeof file_19},
    {"schema/pilot", file_20, sizeof file_20},
    {"schema/result", file_21, sizeof file_21},
    {"schema/spool", file_22, sizeof file_22},
    {"schema/summary", file_23, sizeof file_23},
    {"schema/task", file_24, sizeof file_24},
    {"schema/watcher", file_25, sizeof file_25},
};

struct gateway_file gateway_file_at(size_t number) {
  static const struct gateway_file none = {NULL, NULL, 0};
  return number < sizeof files / sizeof *files ? files[number] : none;
}
