#define _GNU_SOURCE
#include "clinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most = 64 };

const uint32_t clinux_readable = EPOLLIN, clinux_writable = EPOLLOUT, clinux_hung_up = EPOLLHUP, clinux_failed = EPOLLERR;

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t id) {
    struct epoll_event event = {.events = events, .data.u64 = id};
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t id) { return control(epoll, EPOLL_CTL_ADD, fd, events, id); }
int clinux_epoll_change(int epoll, int fd, uint32_t events, uint64_t id) { return control(epoll, EPOLL_CTL_MOD, fd, events, id); }
int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int clinux_epoll_wait(int epoll, int milliseconds, uint64_t *ids, uint32_t *events, int count) {
    struct epoll_event ready[most];
    int found = epoll_wait(epoll, ready, count < most ? count : most, milliseconds);
    if (found < 0 && errno == EINTR) return 0; // the caller computes its timeout anew
    for (int i = 0; i < found; i++) {
        ids[i] = ready[i].data.u64;
        events[i] = ready[i].events;
    }
    return found;
}

int clinux_eventfd(int blocking) { return eventfd(0, EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK)); }

int clinux_seqpacket_pair(int *ends) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends); }

// A packet of no bytes and the end of the stream both read as 0; only the end is hung up with nothing queued. Packets of no
// bytes right before the end cannot be told from it, and are lost.
static int has_ended(int fd) {
    struct pollfd state = {.fd = fd, .events = POLLRDHUP};
    int queued = 0;
    return poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP)) && ioctl(fd, FIONREAD, &queued) == 0 && queued == 0;
}

int clinux_receive(int fd, void *buffer, size_t slot, int count, uint32_t *lengths, int *ended) {
    struct iovec parts[most];
    struct mmsghdr packets[most];
    if (count > most) count = most;
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){.iov_base = (char *)buffer + (size_t)i * slot, .iov_len = slot};
        packets[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    *ended = 0;
    int received;
    // MSG_TRUNC: the true length of a packet that was cut.
    do received = recvmmsg(fd, packets, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
    while (received < 0 && errno == EINTR);
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    for (int i = 0; i < received; i++) lengths[i] = packets[i].msg_len;
    // The end reads as packets of no bytes for ever, thus up to the last place that was offered.
    int last = received;
    while (received == count && last > 0 && lengths[last - 1] == 0) last--;
    if (last == received || !has_ended(fd)) return received;
    *ended = 1;
    return last;
}

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int clinux_reserve(int fd, off_t length) {
    int result;
    do result = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, length);
    while (result < 0 && errno == EINTR);
    return result;
}

int clinux_rename_if_free(int from, const char *name, int to, const char *new_name) {
    return renameat2(from, name, to, new_name, RENAME_NOREPLACE);
}

int clinux_drop_from_cache(int fd) {
    int failure = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (failure == 0) return 0;
    errno = failure;
    return -1;
}

static _Thread_local int loop_thread;
void clinux_mark_loop_thread(void) { loop_thread = 1; }
int clinux_is_loop_thread(void) { return loop_thread; }

pid_t clinux_thread_id(void) { return gettid(); }

const char *clinux_disk_call(long number) {
    switch (number) {
    case SYS_fsync: return "fsync";
    case SYS_fdatasync: return "fdatasync";
    case SYS_sync_file_range: return "sync_file_range";
    case SYS_pwrite64: return "pwrite";
    case SYS_write: return "write";
    case SYS_pread64: return "pread";
    case SYS_fallocate: return "fallocate";
    case SYS_ftruncate: return "ftruncate";
    case SYS_unlinkat: return "unlinkat";
    case SYS_renameat: return "renameat";
    case SYS_renameat2: return "renameat2";
#ifdef SYS_unlink
    case SYS_unlink: return "unlink";
    case SYS_rename: return "rename";
#endif
    default: return NULL;
    }
}
