"""Whether the files of MNIST and Fashion-MNIST are whole, in the format of LeCun's page.

A file has two zero bytes, the type (8: one byte a number), the number of dimensions, their sizes as four bytes each,
and the numbers. torchvision reads the files but says of a damaged one only that an assertion failed.
"""

import math
import struct
from pathlib import Path

SIDE = 28
NAMES = {  # of the images and of the labels, by torchvision's word for the part
    True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def check(folder):
    """Exit with one sentence if a file that is there is damaged, or does not fit its neighbour. Some may be missing."""
    for images, labels in NAMES.values():
        counts = {}
        for name, shape in ((images, (SIDE, SIDE)), (labels, ())):
            path = Path(folder, name)
            if path.exists():
                counts[name] = checked_count(path, shape)
        if len(set(counts.values())) > 1:
            one, other = (f"{name} has {count:,}" for name, count in counts.items())
            raise SystemExit(f"The files in {folder} do not belong together: {one}, {other}.")


def checked_count(path, shape):
    """The number of pictures or labels in a file. Exits with one sentence if the file is not whole."""
    size, length = path.stat().st_size, 4 * (len(shape) + 2)
    with path.open("rb") as file:
        start = file.read(length)
    if start.lstrip()[:1] == b"<":
        raise damaged(path, "is a web page, maybe that of a filter")
    if len(start) < length or start[:4] != bytes([0, 0, 8, 1 + len(shape)]):
        raise damaged(path, "is not of the format of MNIST")
    count, *found = struct.unpack(f">{1 + len(shape)}I", start[4:])
    if tuple(found) != shape:
        raise damaged(path, f"has pictures of {found[0]} by {found[1]} pixels, not {SIDE} by {SIDE}")
    if size != length + count * math.prod(shape):
        raise damaged(path, f"has {size:,} bytes instead of {length + count * math.prod(shape):,}")
    if not count:
        raise damaged(path, "holds nothing")
    return count


def damaged(path, problem):
    return SystemExit(
        f"{path} {problem}: delete it, and it is downloaded again, or put the right file there."
    )
