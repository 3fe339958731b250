"""One training run in several processes: torchrun --nproc-per-node 2 -m training.gpt --corpus shakespeare

Each process takes its share of every batch, and DistributedDataParallel averages the gradients, so that all hold the
same weights. The first one, rank 0, writes files. Without torchrun there is one process and nothing changes.
"""

import os

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel


def join(device):
    """Meet the other processes. Returns (rank, how many there are, this process's own device)."""
    if "RANK" not in os.environ:
        return 0, 1, device
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return distributed.get_rank(), distributed.get_world_size(), device


def share(module):
    """The module as one of several copies, whose gradients are averaged; the module itself where it is alone."""
    return DistributedDataParallel(module) if distributed.is_initialized() else module


def leave():
    """Wait for the others and part."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
