// Tells the thread sanitizer of Swift's Mutex.
//
// A Mutex that is free is taken and left by atomics that the compiler puts into our own code, where the sanitizer sees them. One that is
// contended goes through the two functions below of libswiftSynchronization.so: a futex that the kernel hands from thread to thread. That library
// is not instrumented, so without this file each contended Mutex is reported as a race on what it guards. Defined in the test program, these
// take the place of the library's, call them, and say what they did about the same word that the atomics are about.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

typedef SWIFT void lock_function(uint32_t thread, SELF mutex);
typedef SWIFT void unlock_function(SELF mutex);

static lock_function *library_lock;
static unlock_function *library_unlock;

__attribute__((constructor)) static void find_library(void) {
    library_lock = (lock_function *)dlsym(RTLD_NEXT, LOCK);
    library_unlock = (unlock_function *)dlsym(RTLD_NEXT, UNLOCK);
    if (!library_lock || !library_unlock) {
        fputs("CSanitizers/mutex.c: this Swift's Mutex is built otherwise; see Synchronization.swiftinterface.\n", stderr);
        abort();
    }
}

SWIFT void mutex_lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK);
SWIFT void mutex_unlock_slow(SELF mutex) __asm__(UNLOCK);

SWIFT void mutex_lock_slow(uint32_t thread, SELF mutex) {
    library_lock(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void mutex_unlock_slow(SELF mutex) {
    __tsan_release(mutex);
    library_unlock(mutex);
}

#endif
#endif
