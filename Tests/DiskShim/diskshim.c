#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "diskshim.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { most_watches = 64, most_faults = 32 };

struct fault {
    uint32_t kinds;
    char ending[64];
    uint64_t first, count, seen, hits;
    int effect, error;
};

// What a write or truncation replaced, newest first.
struct undo {
    struct undo *next;
    dev_t device;
    ino_t inode;
    off_t size, offset;
    size_t length;
    char old[];
};

struct watch {
    int used, log, faults, loses;
    char folder[PATH_MAX];
    size_t length;
    uint64_t calls, kinds[DISKSHIM_KINDS], kill_at;
    struct fault fault[most_faults];
    struct undo *undo;
};

static struct watch watches[most_watches];
// The first guards the list of watches, each of the others one watch and the calls that it sees; they are taken in that order. So what is done
// in one folder does not wait for what is done in another.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, locks[most_watches] = {[0 ... most_watches - 1] = PTHREAD_MUTEX_INITIALIZER};
static atomic_int watching;

// A call on its way: which watch sees it, and what of it goes into the log.
struct call {
    struct watch *watch;
    struct diskshim_entry entry;
    const char *path, *other;
    const void *data;
    // What the fault makes of it; -1 without one.
    int effect, error;
};

// MARK: - Paths

// The path of an open file; 0 for what is no file: sockets, pipes, eventfds.
static int path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlink, link, path, PATH_MAX - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    return 1;
}

// The folder is made real, the last component stays as it is: it may be a new name, or a link that the call is about.
static int path_at(int folder, const char *name, char *path) {
    char whole[PATH_MAX], *slash;
    if (!name || !*name) return 0;
    if (name[0] == '/') {
        if (snprintf(whole, sizeof whole, "%s", name) >= (int)sizeof whole) return 0;
    } else {
        char base[PATH_MAX];
        if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(folder, base)) return 0;
        if (snprintf(whole, sizeof whole, "%s/%s", base, name) >= (int)sizeof whole) return 0;
    }
    for (size_t end = strlen(whole); end > 1 && whole[end - 1] == '/'; end--) whole[end - 1] = 0;
    slash = strrchr(whole, '/');
    *slash = 0;
    char real[PATH_MAX];
    if (!realpath(*whole ? whole : "/", real)) return 0;
    return snprintf(path, PATH_MAX, "%s/%s", real[1] ? real : "", slash + 1) < PATH_MAX;
}

static int is_below(const struct watch *watch, const char *path) {
    return path && strncmp(path, watch->folder, watch->length) == 0 && (path[watch->length] == '/' || path[watch->length] == 0);
}

static const char *relative(const struct watch *watch, const char *path) {
    if (!is_below(watch, path)) return path;
    return path[watch->length] ? path + watch->length + 1 : "";
}

// MARK: - Numbering, logging, faults

static void log_entry(const struct call *call) {
    struct diskshim_entry head = call->entry;
    const char *path = relative(call->watch, call->path), *other = call->other ? relative(call->watch, call->other) : "";
    head.magic = DISKSHIM_MAGIC;
    head.path_length = (uint32_t)strlen(path);
    head.other_length = (uint32_t)strlen(other);
    head.data_length = call->data && head.result > 0 ? (uint32_t)head.result : 0;
    struct iovec parts[] = {
        {&head, sizeof head}, {(char *)path, head.path_length}, {(char *)other, head.other_length}, {(void *)call->data, head.data_length}};
    size_t whole = sizeof head + head.path_length + head.other_length + head.data_length;
    // A log with a hole would be worse than none.
    if (syscall(SYS_writev, call->watch->log, parts, 4) != (long)whole) abort();
}

static int ends_in(const char *path, const char *ending) {
    size_t a = strlen(path), b = strlen(ending);
    return a >= b && strcmp(path + a - b, ending) == 0;
}

static pthread_mutex_t *lock_of(const struct watch *watch) { return &locks[watch - watches]; }

static struct watch *hold(int number) {
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&locks[number]);
    pthread_mutex_unlock(&lock);
    return &watches[number];
}

static void give_back(const struct watch *watch) { pthread_mutex_unlock(lock_of(watch)); }

// Takes the watch's lock and gives the call its number. Returns 0, without the lock, when nobody watches its path: then it just has to be made.
static int begin(struct call *call, int kind) {
    pthread_mutex_lock(&lock);
    struct watch *watch = NULL;
    for (int i = 0; i < most_watches && !watch; i++)
        if (watches[i].used && (is_below(&watches[i], call->path) || is_below(&watches[i], call->other))) watch = &watches[i];
    if (watch) pthread_mutex_lock(lock_of(watch));
    pthread_mutex_unlock(&lock);
    if (!watch) return 0;
    call->watch = watch;
    call->effect = -1;
    call->entry.kind = (uint32_t)kind;
    call->entry.number = ++watch->calls;
    watch->kinds[kind]++;
    if (watch->calls == watch->kill_at) {
        call->entry.result = DISKSHIM_NOT_DONE;
        if (watch->log >= 0) log_entry(call);
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    for (int i = 0; i < watch->faults; i++) {
        struct fault *fault = &watch->fault[i];
        if (!(fault->kinds >> kind & 1) || !ends_in(call->path, fault->ending)) continue;
        uint64_t seen = ++fault->seen;
        if (call->effect >= 0 || seen < fault->first || (fault->count && seen - fault->first >= fault->count)) continue;
        call->effect = fault->effect;
        call->error = fault->error;
        fault->hits++;
    }
    return 1;
}

// Logs the call, gives the lock back and returns what the caller gets.
static long finish(struct call *call, long result) {
    int error = errno;
    call->entry.result = result < 0 ? -error : result;
    if (call->watch->log >= 0) log_entry(call);
    give_back(call->watch);
    errno = error;
    return result;
}

static long refuse(const struct call *call) {
    errno = call->error;
    return -1;
}

// MARK: - What a failed fsync loses

// Remembers what stands in a range that is about to change. Best effort: without memory the range is not taken back.
static void remember(struct watch *watch, int fd, off_t offset, size_t length) {
    struct stat status;
    char link[32];
    if (!watch->loses || fstat(fd, &status) != 0) return;
    size_t there = offset < status.st_size ? (size_t)(status.st_size - offset) : 0;
    if (there > length) there = length;
    struct undo *undo = malloc(sizeof *undo + there);
    if (!undo) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int copy = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC);
    long got = copy < 0 ? 0 : syscall(SYS_pread64, copy, undo->old, there, offset);
    if (copy >= 0) syscall(SYS_close, copy);
    *undo = (struct undo){watch->undo, status.st_dev, status.st_ino, status.st_size, offset, got > 0 ? (size_t)got : 0};
    watch->undo = undo;
}

// Forgets what was replaced in a file: it is on the disk now. Or puts it back first.
static void settle(struct watch *watch, int fd, int put_back) {
    struct stat status;
    char link[32];
    if (!watch->undo || fstat(fd, &status) != 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int file = put_back ? (int)syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC) : -1;
    for (struct undo **place = &watch->undo; *place;) {
        struct undo *undo = *place;
        if (undo->device != status.st_dev || undo->inode != status.st_ino) {
            place = &undo->next;
            continue;
        }
        if (file >= 0) {
            syscall(SYS_pwrite64, file, undo->old, undo->length, undo->offset);
            syscall(SYS_ftruncate, file, undo->size);
        }
        *place = undo->next;
        free(undo);
    }
    if (file >= 0) syscall(SYS_close, file);
}

// MARK: - Writes

// Thread sanitizer takes a write to an eventfd as an order between threads, and has to see it.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
ssize_t ___interceptor_write(int fd, const void *bytes, size_t count);
#define PLAIN_WRITE ___interceptor_write
#endif
#endif
#ifndef PLAIN_WRITE
#define PLAIN_WRITE(fd, bytes, count) syscall(SYS_write, fd, bytes, count)
#endif

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset) {
    return offset < 0 ? PLAIN_WRITE(fd, bytes, count) : syscall(SYS_pwrite64, fd, bytes, count, offset);
}

// offset -1: where the file stands.
static ssize_t any_write(int fd, const void *bytes, size_t count, off_t offset) {
    char path[PATH_MAX];
    struct call call = {.path = path, .data = bytes, .entry.length = (int64_t)count};
    if (!atomic_load(&watching) || !path_of(fd, path) || !begin(&call, DISKSHIM_WRITE)) return write_at(fd, bytes, count, offset);
    off_t place = offset;
    if (offset < 0) {
        struct stat status;
        int appends = (int)syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND;
        place = appends && fstat(fd, &status) == 0 ? status.st_size : (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    }
    call.entry.offset = place;
    if (call.effect == DISKSHIM_FAILS || (call.effect == DISKSHIM_SHORT && count < 2)) return finish(&call, refuse(&call));
    if (call.effect == DISKSHIM_SHORT) count /= 2;
    remember(call.watch, fd, place, count);
    return finish(&call, write_at(fd, bytes, count, offset));
}

// As one write of all parts.
static ssize_t any_writev(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
    char path[PATH_MAX];
    size_t whole = 0;
    for (int i = 0; i < count; i++) whole += parts[i].iov_len;
    char *bytes = atomic_load(&watching) && path_of(fd, path) ? malloc(whole ? whole : 1) : NULL;
    if (!bytes) {
        unsigned long low = (unsigned long)offset;
        if (flags) return syscall(SYS_pwritev2, fd, parts, count, low, 0UL, flags);
        return offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, low, 0UL);
    }
    size_t done = 0;
    for (int i = 0; i < count; done += parts[i++].iov_len) memcpy(bytes + done, parts[i].iov_base, parts[i].iov_len);
    ssize_t result = any_write(fd, bytes, whole, offset);
    int error = errno;
    free(bytes);
    errno = error;
    return result;
}

ssize_t write(int fd, const void *bytes, size_t count) { return any_write(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    if (offset >= 0) return any_write(fd, bytes, count, offset);
    errno = EINVAL;
    return -1;
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return pwrite(fd, bytes, count, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return any_writev(fd, parts, count, -1, 0); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return any_writev(fd, parts, count, offset, 0); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return any_writev(fd, parts, count, offset, 0); }
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) { return any_writev(fd, parts, count, offset, flags); }
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags) {
    return any_writev(fd, parts, count, offset, flags);
}

// MARK: - Sizes

int ftruncate(int fd, off_t size) {
    char path[PATH_MAX];
    struct call call = {.path = path, .entry.length = size};
    if (!atomic_load(&watching) || !path_of(fd, path) || !begin(&call, DISKSHIM_TRUNCATE)) return (int)syscall(SYS_ftruncate, fd, size);
    if (call.effect >= 0) return (int)finish(&call, refuse(&call));
    remember(call.watch, fd, size, SIZE_MAX / 2);
    return (int)finish(&call, syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int truncate(const char *name, off_t size) {
    char path[PATH_MAX];
    struct call call = {.path = path, .entry.length = size};
    if (!atomic_load(&watching) || !path_at(AT_FDCWD, name, path) || !begin(&call, DISKSHIM_TRUNCATE))
        return (int)syscall(SYS_truncate, name, size);
    return (int)finish(&call, call.effect >= 0 ? refuse(&call) : syscall(SYS_truncate, name, size));
}
int truncate64(const char *name, off64_t size) { return truncate(name, size); }

int fallocate(int fd, int mode, off_t offset, off_t length) {
    char path[PATH_MAX];
    struct call call = {.path = path, .entry = {.offset = offset, .length = length, .flags = (uint32_t)mode}};
    if (!atomic_load(&watching) || !path_of(fd, path) || !begin(&call, DISKSHIM_ALLOCATE))
        return (int)syscall(SYS_fallocate, fd, mode, offset, length);
    return (int)finish(&call, call.effect >= 0 ? refuse(&call) : syscall(SYS_fallocate, fd, mode, offset, length));
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return fallocate(fd, mode, offset, length); }
// Without the C library's fallback for file systems that cannot: none of those is meant here.
int posix_fallocate(int fd, off_t offset, off_t length) { return fallocate(fd, 0, offset, length) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return posix_fallocate(fd, offset, length); }

// MARK: - Synchronising

static int any_sync(int fd, int kind) {
    long number = kind == DISKSHIM_FSYNC ? SYS_fsync : SYS_fdatasync;
    char path[PATH_MAX];
    struct call call = {.path = path};
    if (!atomic_load(&watching) || !path_of(fd, path) || !begin(&call, kind)) return (int)syscall(number, fd);
    if (call.effect == DISKSHIM_LOSES) {
        settle(call.watch, fd, 1);
        call.error = EIO;
    }
    if (call.effect >= 0) return (int)finish(&call, refuse(&call));
    long result = syscall(number, fd);
    if (result == 0) settle(call.watch, fd, 0);
    return (int)finish(&call, result);
}

int fsync(int fd) { return any_sync(fd, DISKSHIM_FSYNC); }
int fdatasync(int fd) { return any_sync(fd, DISKSHIM_FDATASYNC); }
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
    char path[PATH_MAX];
    struct call call = {.path = path, .entry = {.offset = offset, .length = length, .flags = flags}};
    if (!atomic_load(&watching) || !path_of(fd, path) || !begin(&call, DISKSHIM_RANGE))
        return (int)syscall(SYS_sync_file_range, fd, offset, length, flags);
    return (int)finish(&call, call.effect >= 0 ? refuse(&call) : syscall(SYS_sync_file_range, fd, offset, length, flags));
}

// MARK: - Names

static int any_open(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat status;
    struct call call = {.path = path};
    if (!atomic_load(&watching) || !(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE || !path_at(folder, name, path))
        return (int)syscall(SYS_openat, folder, name, flags, mode);
    // Between this look and the call nobody else makes the file: who could holds no lock of ours, but tests have their folders to themselves.
    int is_there = lstat(path, &status) == 0, cuts = is_there && S_ISREG(status.st_mode) && (flags & O_TRUNC) && status.st_size > 0;
    if (is_there ? !cuts : !(flags & O_CREAT)) return (int)syscall(SYS_openat, folder, name, flags, mode);
    if (!begin(&call, is_there ? DISKSHIM_TRUNCATE : DISKSHIM_CREATE)) return (int)syscall(SYS_openat, folder, name, flags, mode);
    return (int)finish(&call, call.effect >= 0 ? refuse(&call) : syscall(SYS_openat, folder, name, flags, mode));
}

// The permissions are there only when a file may be made.
#define MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, last); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }
int open(const char *name, int flags, ...) { MODE(flags) return any_open(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return any_open(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags) return any_open(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags) return any_open(folder, name, flags, mode); }
// What fortified programs call.
int __open_2(const char *name, int flags) { return any_open(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return any_open(AT_FDCWD, name, flags, 0); }
int __openat_2(int folder, const char *name, int flags) { return any_open(folder, name, flags, 0); }
int __openat64_2(int folder, const char *name, int flags) { return any_open(folder, name, flags, 0); }
int creat(const char *name, mode_t mode) { return any_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return creat(name, mode); }

// A call that changes one or two names; `made` makes it.
#define NAMES(KIND, FLAGS, FOLDER, NAME, OTHER_FOLDER, OTHER_NAME, made) \
    char path[PATH_MAX], other[PATH_MAX]; \
    struct call call = {.path = path, .entry.flags = (uint32_t)(FLAGS)}; \
    if (atomic_load(&watching)) { \
        const char *second = OTHER_NAME; \
        if (second && path_at(OTHER_FOLDER, second, other)) call.other = other; \
        if (!path_at(FOLDER, NAME, path) || !begin(&call, KIND)) return (int)(made); \
        return (int)finish(&call, call.effect >= 0 ? refuse(&call) : (made)); \
    } \
    return (int)(made);

int renameat2(int from, const char *name, int to, const char *new_name, unsigned flags) {
    NAMES(DISKSHIM_RENAME, flags, from, name, to, new_name, syscall(SYS_renameat2, from, name, to, new_name, flags))
}
int renameat(int from, const char *name, int to, const char *new_name) { return renameat2(from, name, to, new_name, 0); }
int rename(const char *name, const char *new_name) { return renameat2(AT_FDCWD, name, AT_FDCWD, new_name, 0); }
int linkat(int from, const char *name, int to, const char *new_name, int flags) {
    NAMES(DISKSHIM_LINK, flags, from, name, to, new_name, syscall(SYS_linkat, from, name, to, new_name, flags))
}
int link(const char *name, const char *new_name) { return linkat(AT_FDCWD, name, AT_FDCWD, new_name, 0); }
int unlinkat(int folder, const char *name, int flags) {
    NAMES(DISKSHIM_UNLINK, flags & AT_REMOVEDIR ? 1 : 0, folder, name, AT_FDCWD, NULL, syscall(SYS_unlinkat, folder, name, flags))
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int mkdirat(int folder, const char *name, mode_t mode) {
    NAMES(DISKSHIM_MKDIR, 0, folder, name, AT_FDCWD, NULL, syscall(SYS_mkdirat, folder, name, mode))
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

// MARK: - Watches

int diskshim_watch(const char *folder) {
    char real[PATH_MAX];
    if (!realpath(folder, real)) return -1;
    pthread_mutex_lock(&lock);
    int found = -1;
    for (int i = 0; i < most_watches && found < 0; i++)
        if (!watches[i].used) found = i;
    if (found >= 0) {
        struct watch *watch = &watches[found];
        memset(watch, 0, sizeof *watch);
        watch->used = 1;
        watch->log = -1;
        strcpy(watch->folder, real);
        watch->length = strlen(real);
        atomic_fetch_add(&watching, 1);
    }
    pthread_mutex_unlock(&lock);
    if (found < 0) errno = ENOSPC;
    return found;
}

int diskshim_log(int number, const char *path) {
    int log = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return -1;
    struct watch *watch = hold(number);
    if (watch->log >= 0) syscall(SYS_close, watch->log);
    watch->log = log;
    give_back(watch);
    return 0;
}

void diskshim_end(int number) {
    pthread_mutex_lock(&lock);
    struct watch *watch = &watches[number];
    pthread_mutex_lock(lock_of(watch));
    if (watch->used) {
        watch->used = 0;
        if (watch->log >= 0) syscall(SYS_close, watch->log);
        for (struct undo *undo = watch->undo, *next; undo; undo = next) {
            next = undo->next;
            free(undo);
        }
        atomic_fetch_sub(&watching, 1);
    }
    give_back(watch);
    pthread_mutex_unlock(&lock);
}

static uint64_t read_counter(int number, const uint64_t *counter) {
    struct watch *watch = hold(number);
    uint64_t value = *counter;
    give_back(watch);
    return value;
}

uint64_t diskshim_calls(int watch) { return read_counter(watch, &watches[watch].calls); }
uint64_t diskshim_calls_of(int watch, int kind) { return read_counter(watch, &watches[watch].kinds[kind]); }
uint64_t diskshim_hits(int watch, int fault) { return read_counter(watch, &watches[watch].fault[fault].hits); }

int diskshim_arm(int number, uint32_t kinds, const char *ending, uint64_t first, uint64_t count, int effect, int error) {
    struct watch *watch = hold(number);
    int index = watch->faults < most_faults && strlen(ending ? ending : "") < sizeof watch->fault[0].ending ? watch->faults++ : -1;
    if (index >= 0) {
        watch->fault[index] = (struct fault){.kinds = kinds, .first = first, .count = count, .effect = effect, .error = error};
        strcpy(watch->fault[index].ending, ending ? ending : "");
        if (effect == DISKSHIM_LOSES) watch->loses = 1;
    }
    give_back(watch);
    if (index < 0) errno = ENOSPC;
    return index;
}

void diskshim_disarm(int number) {
    struct watch *watch = hold(number);
    for (int i = 0; i < watch->faults; i++) watch->fault[i].kinds = 0;
    give_back(watch);
}

// A program that shall be watched and is not would prove nothing: it ends.
__attribute__((constructor)) static void begin_from_environment(void) {
    const char *folder = getenv("EARSHOT_DISK_FOLDER"), *log = getenv("EARSHOT_DISK_LOG"), *kill_at = getenv("EARSHOT_DISK_KILL");
    if (!folder) return;
    int watch = diskshim_watch(folder);
    if (watch < 0 || (log && diskshim_log(watch, log) != 0)) {
        dprintf(2, "diskshim: %s cannot be watched: %s\n", folder, strerror(errno));
        _exit(126);
    }
    if (kill_at) watches[watch].kill_at = strtoull(kill_at, NULL, 10);
}
