#define _GNU_SOURCE
#include "pull_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { header = 4, ahead = 128, step = 32, longest = 1024 };

struct pull_sender {
    pthread_t thread;
    int values, credits, failed;
    uint32_t count, checksum;
    size_t payload;
    int64_t nanoseconds;
};

static int wait_for(int fd, short events) {
    struct pollfd state = {.fd = fd, .events = events};
    return poll(&state, 1, 10000) == 1 ? 0 : -1;
}

static int send_whole(int fd, const void *bytes, size_t size) {
    for (;;) {
        if (send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return 0;
        if (errno != EAGAIN || wait_for(fd, POLLOUT)) return -1;
    }
}

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

static void *run(void *argument) {
    struct pull_sender *sender = argument;
    uint8_t value[longest] = {1}, command[16];
    uint32_t limit = ahead;
    memset(value + header, 0xA5, sender->payload);
    for (uint32_t number = 0; number <= sender->count && !sender->failed; number++) {
        int last = number == sender->count;
        while (number >= limit && !last) {
            ssize_t size = recv(sender->credits, command, sizeof command, MSG_DONTWAIT);
            if (size == 6)
                limit = (uint32_t)command[2] | (uint32_t)command[3] << 8 | (uint32_t)command[4] << 16 | (uint32_t)command[5] << 24;
            else if (size >= 0 || errno != EAGAIN || wait_for(sender->credits, POLLIN))
                goto failed;
        }
        value[1] = (uint8_t)last;
        value[2] = (uint8_t)number;
        value[3] = (uint8_t)(number >> 8);
        if (last) {
            put32(value + header, sender->checksum);
            value[header + 4] = 0;
        }
        if (send_whole(sender->values, value, header + (last ? 5 : sender->payload))) goto failed;
    }
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    sender->nanoseconds = used.tv_sec * 1000000000LL + used.tv_nsec;
    return NULL;
failed:
    sender->failed = 1;
    return NULL;
}

pull_sender *pull_sender_start(int values, int credits, uint32_t count, size_t payload, uint32_t checksum) {
    struct pull_sender *sender = calloc(1, sizeof *sender);
    if (!sender || payload < 5 || payload > longest - header) return NULL;
    *sender = (struct pull_sender){.values = values, .credits = credits, .count = count, .checksum = checksum, .payload = payload};
    if (pthread_create(&sender->thread, NULL, run, sender)) {
        free(sender);
        return NULL;
    }
    return sender;
}

int64_t pull_sender_join(pull_sender *sender) {
    pthread_join(sender->thread, NULL);
    int64_t result = sender->failed ? -1 : sender->nanoseconds;
    free(sender);
    return result;
}

int64_t pull_bare_loop(int values, int credits, int file) {
    uint8_t value[longest], command[6] = {1};
    uint32_t taken = 0, limit = ahead;
    int64_t bytes = 0;
    for (;;) {
        ssize_t size = recv(values, value, sizeof value, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN) {
            if (wait_for(values, POLLIN)) return -1;
            continue;
        }
        if (size < header) return -1;
        if (value[1] & 1) return bytes;
        if (write(file, value + header, (size_t)size - header) != size - header) return -1;
        bytes += size - header;
        if (++taken + ahead >= limit + step) {
            limit = taken + ahead;
            put32(command + 2, limit);
            if (send_whole(credits, command, sizeof command)) return -1;
        }
    }
}
