// For LD_PRELOAD into btvirt: lets a virtual controller that advertises be heard again and again by one that scans, as a radio is.
//
// btvirt reports an advertiser only in the moment in which advertising, or somebody's scanning, is switched on. Here its last reports are sent
// once more twice a second, for as long as both are on. It is done on the controller's side: whoever switches advertising off and on behind the
// kernel's back meets a kernel that does the same.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4, LONGEST = 260, PERIOD_MS = 500 };
enum { COMMAND = 1, EVENT = 4, VENDOR = 0xff };
enum { RESET = 0x0c03, SET_ADVERTISE = 0x200a, SET_SCAN = 0x200c };
enum { LE_META = 0x3e, CONNECTED = 0x01, REPORT = 0x02, ENHANCED_CONNECTED = 0x0a, SCAN_RESPONSE = 4 };

// One controller: what its kernel has switched on, and what it heard last, an advertisement and a scan response.
static struct controller {
    int fd, advertises, scans;
    struct { size_t length; uint8_t bytes[LONGEST]; } heard[2];
} controllers[MOST];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct controller *find(int fd) {
    for (int i = 0; i < count; i++)
        if (controllers[i].fd == fd) return &controllers[i];
    return NULL;
}

static void *repeat(void *unused) {
    ssize_t (*send)(int, const void *, size_t) = REAL(write);
    for (;;) {
        nanosleep(&(struct timespec){.tv_nsec = PERIOD_MS * 1000000L}, NULL);
        pthread_mutex_lock(&lock);
        for (int i = 0; i < count; i++) {
            int others = 0;
            for (int j = 0; j < count; j++) others += j != i && controllers[j].advertises;
            // Of several advertisers nobody could tell whose report is which; there are two controllers.
            if (!controllers[i].scans || others != 1) continue;
            for (int k = 0; k < 2; k++)
                if (controllers[i].heard[k].length && send(controllers[i].fd, controllers[i].heard[k].bytes, controllers[i].heard[k].length) < 0) break;
        }
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static void forget_reports(void) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 2; k++) controllers[i].heard[k].length = 0;
}

// What the kernel tells its controller; btvirt refuses some of it, such as what is on already.
static void told(struct controller *controller, const uint8_t *bytes, size_t length) {
    if (length < 4 || bytes[0] != COMMAND) return;
    uint16_t opcode = bytes[1] | bytes[2] << 8;
    if (opcode == RESET) controller->advertises = controller->scans = 0;
    if (length < 5) return;
    if (opcode == SET_SCAN) controller->scans = bytes[4] != 0;
    if (opcode == SET_ADVERTISE) {
        controller->advertises = bytes[4] != 0;
        forget_reports();
    }
}

// What a controller tells its kernel.
static void tells(struct controller *controller, const uint8_t *bytes, size_t length) {
    if (length < 6 || bytes[0] != EVENT || bytes[1] != LE_META) return;
    // Whoever is connected advertises no more.
    if ((bytes[3] == CONNECTED || bytes[3] == ENHANCED_CONNECTED) && bytes[4] == 0) controller->advertises = 0;
    if (bytes[3] != REPORT || length > LONGEST) return;
    int slot = bytes[5] == SCAN_RESPONSE;
    memcpy(controller->heard[slot].bytes, bytes, length);
    controller->heard[slot].length = length;
}

ssize_t read(int fd, void *bytes, size_t size) {
    ssize_t length = REAL(read)(fd, bytes, size);
    pthread_mutex_lock(&lock);
    struct controller *controller = find(fd);
    if (controller && length > 0) told(controller, bytes, length);
    pthread_mutex_unlock(&lock);
    return length;
}

// btvirt makes a controller by writing its kind to a new /dev/vhci.
ssize_t write(int fd, const void *bytes, size_t size) {
    ssize_t length = REAL(write)(fd, bytes, size);
    if (length < 1 || *(const uint8_t *)bytes != VENDOR) return length;
    pthread_mutex_lock(&lock);
    pthread_t thread;
    if (!count && pthread_create(&thread, NULL, repeat, NULL) == 0) pthread_detach(thread);
    if (count < MOST && !find(fd)) controllers[count++].fd = fd;
    pthread_mutex_unlock(&lock);
    return length;
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
    uint8_t bytes[LONGEST + 1];
    size_t length = 0;
    for (int i = 0; i < number; i++) {
        size_t size = parts[i].iov_len < sizeof bytes - length ? parts[i].iov_len : sizeof bytes - length;
        memcpy(bytes + length, parts[i].iov_base, size);
        length += size;
    }
    pthread_mutex_lock(&lock);
    struct controller *controller = find(fd);
    if (controller) tells(controller, bytes, length);
    ssize_t written = REAL(writev)(fd, parts, number);
    pthread_mutex_unlock(&lock);
    return written;
}
