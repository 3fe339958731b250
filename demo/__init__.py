"""Everything a person sees. Knows the models only by their public API."""

import os

# set before gradio is imported: it sends no usage data and computes no statistics at every event
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
# set before numpy is imported: one thread for each model call, as demo/loading.py sets for torch
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
