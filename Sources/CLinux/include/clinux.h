#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot import. All calls return -1 and set errno on failure, and start again when a signal interrupts them.

// epoll: its event is a packed union.
int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t id);
int clinux_epoll_change(int epoll, int fd, uint32_t events, uint64_t id);
int clinux_epoll_remove(int epoll, int fd);
// Waits for at most `count` (64) events; -1 milliseconds waits for ever.
int clinux_epoll_wait(int epoll, int milliseconds, uint64_t *ids, uint32_t *events, int count);
extern const uint32_t clinux_readable, clinux_writable, clinux_hung_up, clinux_failed;

// eventfd is not in Glibc's module.
int clinux_eventfd(int blocking);

// SOCK_SEQPACKET is an enum case in some configurations of the headers and a macro in others.
int clinux_seqpacket_pair(int *ends);
// Receives up to `count` (64) packets without waiting, each into its own `slot` bytes of `buffer`. A packet that did not
// fit has a length greater than `slot`. Returns how many, 0 for none; *ended is 1 when the other end has closed.
int clinux_receive(int fd, void *buffer, size_t slot, int count, uint32_t *lengths, int *ended);

// Under _GNU_SOURCE, which Glibc's module is without.
void clinux_name_thread(const char *name);
int clinux_reserve(int fd, off_t length);
int clinux_drop_from_cache(int fd);
// EEXIST when something has the new name.
int clinux_rename_if_free(int from, const char *name, int to, const char *new_name);

// Thread-local variables cannot be declared in Swift.
void clinux_mark_loop_thread(void);
int clinux_is_loop_thread(void);

// The calling thread's kernel id.
pid_t clinux_thread_id(void);
// The name of a system call that waits for a disk; NULL for every other.
const char *clinux_disk_call(long number);
