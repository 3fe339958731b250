"""Silence for one thread: what the libraries that it calls print is not shown, and other threads are heard."""

import io
import threading


class OtherThreads(io.StringIO):
    """What the thread that makes it writes here is lost; what others write goes into `stream`, if there is one."""

    def __init__(self, stream):
        super().__init__()
        self.stream, self.silent = stream, threading.get_ident()

    def write(self, text):
        if self.stream is not None and threading.get_ident() != self.silent:
            self.stream.write(text)
        return len(text)

    def flush(self):
        if self.stream is not None:
            self.stream.flush()
