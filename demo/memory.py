"""Memory that is free inside the process is given back to the system.

glibc keeps freed memory in arenas, up to eight for each core, and gives back only their ends: after a hundred requests
a third of what the process held was such fragments. With other C libraries (macOS, Windows, musl) nothing is done.
"""

import ctypes
import threading

M_ARENA_MAX, ARENAS = -8, 2  # as many arenas as calls that compute at a time
EVERY = 30  # seconds; it takes two milliseconds


def keep_small():
    """Bound the number of arenas, and give back what is free in them from time to time. Call it before the work."""
    allocator = glibc()
    if allocator:
        allocator.mallopt(M_ARENA_MAX, ARENAS)
        threading.Thread(target=trim_for_ever, args=(allocator,), name="trimming", daemon=True).start()


def glibc():
    """The C library of this process, or None if it is another one."""
    try:
        library = ctypes.CDLL(None)
        return library if library.malloc_trim and library.mallopt else None
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows a library has a name
        return None


def trim_for_ever(allocator):
    pause = threading.Event()
    while not pause.wait(EVERY):
        allocator.malloc_trim(0)
