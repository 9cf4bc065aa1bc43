#pragma once
#include <stdint.h>

// Stands between a program and the C library's file calls, and sees each one that changes a file or folder below a watched folder: numbers
// it, writes it down, lets it fail, or ends the process before it. SQLite's calls are seen too, the library is not changed for it.
//
// One source, two uses:
//   linked     a test that depends on the target watches folders of its own, as many at once as it likes (`DiskWatch` in TestSupport);
//   preloaded  libDiskShim.so in LD_PRELOAD of an unchanged program, which then watches one folder, told by the environment:
//              EARSHOT_DISK_FOLDER  the folder; it must exist
//              EARSHOT_DISK_LOG     a file outside of it that the calls are written to; optional
//              EARSHOT_DISK_KILL    SIGKILL before the call of this number, counted from 1; optional
//
// What is not seen: memory-mapped writes (of SQLite only the WAL-index `-shm`, which holds nothing that a disk must keep: the first
// connection after a crash makes it anew), sendfile and copy_file_range, io_uring, calls that the C library makes inside itself (stdio,
// mkstemp), and calls of a process that was started with another environment. The count of a run was compared with strace's (docs/custody.md).
//
// Calls below one of the watched folders are serialised, so their numbers are the order in which they happened. Calls elsewhere, and all
// calls when nothing is watched, go straight to the kernel.

enum diskshim_kind {
    DISKSHIM_WRITE = 1,    // write, pwrite, writev, pwritev and their forms
    DISKSHIM_TRUNCATE,     // ftruncate, truncate, O_TRUNC of a file that is not empty
    DISKSHIM_ALLOCATE,     // fallocate, posix_fallocate
    DISKSHIM_CREATE,       // open that made the file
    DISKSHIM_RENAME,
    DISKSHIM_LINK,
    DISKSHIM_UNLINK,       // unlink, rmdir
    DISKSHIM_MKDIR,
    DISKSHIM_FSYNC,        // of a file or folder
    DISKSHIM_FDATASYNC,
    DISKSHIM_RANGE,        // sync_file_range, which promises nothing after a power cut
    DISKSHIM_KINDS
};

enum diskshim_effect {
    // The call does nothing and fails with the given errno.
    DISKSHIM_FAILS,
    // A write takes half of its bytes and says so; one of a single byte fails with the given errno.
    DISKSHIM_SHORT,
    // fsync or fdatasync fails with EIO, and what was written to that file since it was last synchronised is gone, as it is on Linux once
    // the kernel drops the pages that it could not write. Only what was written after the fault was armed is taken back.
    DISKSHIM_LOSES
};

// Watches a folder. Returns a number for the calls below; -1 with errno when the folder is not there or 64 are watched already.
int diskshim_watch(const char *folder);
// Also writes the calls to a new file, which must not be in the folder. Returns 0, or -1 with errno.
int diskshim_log(int watch, const char *path);
// Ends it, with its faults and its log.
void diskshim_end(int watch);
// How many calls there were, failed ones included, and how many of one kind.
uint64_t diskshim_calls(int watch);
uint64_t diskshim_calls_of(int watch, int kind);

// Arms a fault: of the calls from now on whose kind is in `kinds` (bits `1 << kind`) and whose path ends in `ending` (null: any), the
// `first`-th (from 1) and those behind it, `count` in all (0: every one from there on) have the effect. When several faults fit a call,
// the one armed first is used. Returns its number; -1 with errno ENOSPC when 32 are armed.
int diskshim_arm(int watch, uint32_t kinds, const char *ending, uint64_t first, uint64_t count, int effect, int error);
// How many calls a fault has hit so far.
uint64_t diskshim_hits(int watch, int fault);
// No fault counts any further; hits stay readable until the watch ends.
void diskshim_disarm(int watch);

// An entry of the log: this head, `path_length` bytes of path, `other_length` of a second one, `data_length` of what was written. Numbers
// are as the machine has them. Paths are relative to the folder; one outside begins with a slash.
struct diskshim_entry {
    uint32_t magic;  // DISKSHIM_MAGIC
    uint32_t kind;
    uint64_t number; // from 1
    int64_t offset;  // of a write or allocation
    int64_t length;  // of a write as asked for; the new size of a truncation; of an allocation, whose mode stands in `flags`
    int64_t result;  // as the call returned it; -errno when it failed; DISKSHIM_NOT_DONE when the process was killed before it
    uint32_t flags;  // UNLINK: 1 for a folder
    uint32_t path_length, other_length, data_length;
};
#define DISKSHIM_MAGIC 0x4b534944u
#define DISKSHIM_NOT_DONE (-4096)
