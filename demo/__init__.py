"""Everything a person sees. Knows the models only by their public API."""

import os

# before gradio is imported anywhere: no call home, and no statistics of its own at every event
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
# before numpy is: one thread a model call, as demo/loading.py asks of torch
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
