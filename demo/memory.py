"""Memory that is free inside the process is given back to the system, and garbage is found without a pause.

glibc keeps freed memory in arenas, up to eight for each core, and gives back only their ends: after a hundred requests
a third of what the process held was such fragments. With other C libraries (macOS, Windows, musl) nothing is done.

Python's collector looks through everything now and then, while nothing else goes on: a quarter of a second for half a
million objects, nearly all of which libraries made at the start. Once the models are read these are set aside, and it
takes five milliseconds.
"""

import ctypes
import gc
import threading

M_ARENA_MAX, ARENAS = -8, 2  # as many arenas as calls that compute at a time
EVERY = 30  # seconds; it takes ten milliseconds


def bound_arenas():
    """Bound the number of arenas. Call it before the work."""
    if allocator := glibc():
        allocator.mallopt(M_ARENA_MAX, ARENAS)


def tidy_in_background(read):
    """Collect garbage and give back what is free, again and again from when the models are read (`read`, an Event)."""
    threading.Thread(target=tidy_for_ever, args=(read,), name="tidying", daemon=True).start()


def glibc():
    """The C library of this process, or None if it is another one."""
    try:
        library = ctypes.CDLL(None)
        return library if library.malloc_trim and library.mallopt else None
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows a library has a name
        return None


def tidy_for_ever(read):
    read.wait()
    gc.collect()
    gc.freeze()
    allocator, pause = glibc(), threading.Event()
    while not pause.wait(EVERY):
        gc.collect()
        if allocator:
            allocator.malloc_trim(0)
