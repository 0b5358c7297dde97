// The files that the program holds. Written by scripts/gateway-files.py; a test holds it against
// the directories.

#include "gateway_files.h"

static const unsigned char file_0[] = {
#embed "../SpoolGateway/Page/api.html"
};
static const unsigned char file_1[] = {
#embed "../SpoolGateway/Page/api.js"
};
static const unsigned char file_2[] = {
#embed "../SpoolGateway/Page/app.js"
};
static const unsigned char file_3[] = {
#embed "../SpoolGateway/Page/charts.js"
};
static const unsigned char file_4[] = {
#embed "../SpoolGateway/Page/dom.js"
};
static const unsigned char file_5[] = {
#embed "../SpoolGateway/Page/fields.js"
};
static const unsigned char file_6[] = {
#embed "../SpoolGateway/Page/format.js"
};
static const unsigned char file_7[] = {
#embed "../SpoolGateway/Page/icon.svg"
};
static const unsigned char file_8[] = {
#embed "../SpoolGateway/Page/index.html"
};
static const unsigned char file_9[] = {
#embed "../SpoolGateway/Page/json-text.js"
};
static const unsigned char file_10[] = {
#embed "../SpoolGateway/Page/parts.js"
};
static const unsigned char file_11[] = {
#embed "../SpoolGateway/Page/reference.css"
};
static const unsigned char file_12[] = {
#embed "../SpoolGateway/Page/reference.js"
};
static const unsigned char file_13[] = {
#embed "../SpoolGateway/Page/schema.js"
};
static const unsigned char file_14[] = {
#embed "../SpoolGateway/Page/store.js"
};
static const unsigned char file_15[] = {
#embed "../SpoolGateway/Page/stream.js"
};
static const unsigned char file_16[] = {
#embed "../SpoolGateway/Page/style.css"
};
static const unsigned char file_17[] = {
#embed "../SpoolGateway/Page/view-data.js"
};
static const unsigned char file_18[] = {
#embed "../SpoolGateway/Page/view-job.js"
};
static const unsigned char file_19[] = {
#embed "../SpoolGateway/Page/view-overview.js"
};
static const unsigned char file_20[] = {
#embed "../SpoolGateway/Page/view-pilots.js"
};
static const unsigned char file_21[] = {
#embed "../SpoolGateway/Page/view-submit.js"
};
static const unsigned char file_22[] = {
#embed "../SpoolGateway/Page/view-task.js"
};
static const unsigned char file_23[] = {
#embed "../SpoolGateway/Page/view-tasks.js"
};
static const unsigned char file_24[] = {
#embed "../SpoolGateway/Page/virtual.js"
};
static const unsigned char file_25[] = {
#embed "../../../docs/schema/archive-line.schema.json"
};
static const unsigned char file_26[] = {
#embed "../../../docs/schema/backlog.schema.json"
};
static const unsigned char file_27[] = {
#embed "../../../docs/schema/catalogue-line.schema.json"
};
static const unsigned char file_28[] = {
#embed "../../../docs/schema/chain-summary.schema.json"
};
static const unsigned char file_29[] = {
#embed "../../../docs/schema/chain.schema.json"
};
static const unsigned char file_30[] = {
#embed "../../../docs/schema/checkpoint.schema.json"
};
static const unsigned char file_31[] = {
#embed "../../../docs/schema/common.schema.json"
};
static const unsigned char file_32[] = {
#embed "../../../docs/schema/dataset-header.schema.json"
};
static const unsigned char file_33[] = {
#embed "../../../docs/schema/dataset-line.schema.json"
};
static const unsigned char file_34[] = {
#embed "../../../docs/schema/dataset-summary.schema.json"
};
static const unsigned char file_35[] = {
#embed "../../../docs/schema/dataset.schema.json"
};
static const unsigned char file_36[] = {
#embed "../../../docs/schema/delete.schema.json"
};
static const unsigned char file_37[] = {
#embed "../../../docs/schema/factory.schema.json"
};
static const unsigned char file_38[] = {
#embed "../../../docs/schema/job.schema.json"
};
static const unsigned char file_39[] = {
#embed "../../../docs/schema/journal-line.schema.json"
};
static const unsigned char file_40[] = {
#embed "../../../docs/schema/ledger-line.schema.json"
};
static const unsigned char file_41[] = {
#embed "../../../docs/schema/notice.schema.json"
};
static const unsigned char file_42[] = {
#embed "../../../docs/schema/order.schema.json"
};
static const unsigned char file_43[] = {
#embed "../../../docs/schema/pilot.schema.json"
};
static const unsigned char file_44[] = {
#embed "../../../docs/schema/result.schema.json"
};
static const unsigned char file_45[] = {
#embed "../../../docs/schema/spool.schema.json"
};
static const unsigned char file_46[] = {
#embed "../../../docs/schema/summary.schema.json"
};
static const unsigned char file_47[] = {
#embed "../../../docs/schema/task.schema.json"
};
static const unsigned char file_48[] = {
#embed "../../../docs/schema/watcher.schema.json"
};

static const struct gateway_file files[] = {
    {"api.html", file_0, sizeof file_0},
    {"api.js", file_1, sizeof file_1},
    {"app.js", file_2, sizeof file_2},
    {"charts.js", file_3, sizeof file_3},
    {"dom.js", file_4, sizeof file_4},
    {"fields.js", file_5, sizeof file_5},
    {"format.js", file_6, sizeof file_6},
    {"icon.svg", file_7, sizeof file_7},
    {"index.html", file_8, sizeof file_8},
    {"json-text.js", file_9, sizeof file_9},
    {"parts.js", file_10, sizeof file_10},
    {"reference.css", file_11, sizeof file_11},
    {"reference.js", file_12, sizeof file_12},
    {"schema.js", file_13, sizeof file_13},
    {"store.js", file_14, sizeof file_14},
    {"stream.js", file_15, sizeof file_15},
    {"style.css", file_16, sizeof file_16},
    {"view-data.js", file_17, sizeof file_17},
    {"view-job.js", file_18, sizeof file_18},
    {"view-overview.js", file_19, sizeof file_19},
    {"view-pilots.js", file_20, sizeof file_20},
    {"view-submit.js", file_21, sizeof file_21},
    {"view-task.js", file_22, sizeof file_22},
    {"view-tasks.js", file_23, sizeof file_23},
    {"virtual.js", file_24, sizeof file_24},
    {"schema/archive-line", file_25, sizeof file_25},
    {"schema/backlog", file_26, sizeof file_26},
    {"schema/catalogue-line", file_27, sizeof file_27},
    {"schema/chain-summary", file_28, sizeof file_28},
    {"schema/chain", file_29, sizeof file_29},
    {"schema/checkpoint", file_30, sizeof file_30},
    {"schema/common", file_31, sizeof file_31},
    {"schema/dataset-header", file_32, sizeof file_32},
    {"schema/dataset-line", file_33, sizeof file_33},
    {"schema/dataset-summary", file_34, sizeof file_34},
    {"schema/dataset", file_35, sizeof file_35},
    {"schema/delete", file_36, sizeof file_36},
    {"schema/factory", file_37, sizeof file_37},
    {"schema/job", file_38, sizeof file_38},
    {"schema/journal-line", file_39, sizeof file_39},
    {"schema/ledger-line", file_40, sizeof file_40},
    {"schema/notice", file_41, sizeof file_41},
    {"schema/order", file_42, sizeof file_42},
    {"schema/pilot", file_43, sizeof file_43},
    {"schema/result", file_44, sizeof file_44},
    {"schema/spool", file_45, sizeof file_45},
    {"schema/summary", file_46, sizeof file_46},
    {"schema/task", file_47, sizeof file_47},
    {"schema/watcher", file_48, sizeof file_48},
};

struct gateway_file gateway_file_at(size_t number) {
  static const struct gateway_file none = {NULL, NULL, 0};
  return number < sizeof files / sizeof *files ? files[number] : none;
}
