// SQLite counts the memory that it has, under one lock of the whole process, with every allocation. A program of ours has one connection and does
// not notice; seeded worlds and power cuts run on all cores and stood in each other's way there. Nothing that a test looks at is changed by this.

#include <sqlite3.h>

__attribute__((constructor)) static void do_not_count_memory(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
