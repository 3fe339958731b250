"""One training run in several processes: torchrun --nproc-per-node 2 -m training.gpt --corpus shakespeare

Each process takes its share of every batch. DistributedDataParallel averages the gradients, so that all processes have
the same weights. The first one, rank 0, writes the files. Without torchrun there is a single process.
"""

import os

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel


def join(device):
    """Connect to the other processes. Returns the rank of this one, the number of processes, and its device."""
    if "RANK" not in os.environ:
        return 0, 1, device
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return distributed.get_rank(), distributed.get_world_size(), device


def share(module):
    """The module wrapped so that gradients are averaged over the processes; the module itself if there is only one."""
    return DistributedDataParallel(module) if distributed.is_initialized() else module


def leave():
    """Wait for the other processes, then disconnect."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
