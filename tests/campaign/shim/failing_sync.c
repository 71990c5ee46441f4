/* fsync and fdatasync that fail with EIO when told to. Loaded before the C library by `campaign sync`.
 *
 * The file named by FAILING_SYNC holds three numbers of 32 bits: how many calls still go well, how many fail after
 * them, and how many have failed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct orders {
    _Atomic int32_t well, failing, failed;
};

static struct orders *orders(void) {
    static _Atomic(struct orders *) known;
    struct orders *found = atomic_load(&known);
    const char *path = getenv("FAILING_SYNC");
    if (found || !path) return found;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return NULL;
    void *memory = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return NULL;
    atomic_store(&known, memory);
    return memory;
}

static int fails(void) {
    struct orders *told = orders();
    if (!told || atomic_fetch_sub(&told->well, 1) > 0) return 0;
    if (atomic_fetch_sub(&told->failing, 1) <= 0) return 0;
    atomic_fetch_add(&told->failed, 1);
    errno = EIO;
    return 1;
}

int fsync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return fails() ? -1 : real(file);
}

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return fails() ? -1 : real(file);
}
