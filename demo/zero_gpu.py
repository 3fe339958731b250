"""A Space on ZeroGPU starts only if one function asks for a GPU. None of this app needs one, so here is one for it."""

import os


def declare():
    """Declare a function that would run on a GPU, if this is a ZeroGPU Space. Call it before torch is imported."""
    if not os.environ.get("SPACES_ZERO_GPU"):
        return
    try:
        import spaces
    except ImportError:  # then nothing asks for it
        return

    @spaces.GPU
    def nothing():
        """Never called."""
