"""Muon: each step is the orthogonal matrix nearest to the momentum (Jordan et al. 2024, "Muon: an optimizer for
hidden layers in neural networks").

torch.optim.Muon does the same in bfloat16, which is many times slower on a CPU without support for it. This one uses
float32. It also takes the weights of a convolution, (out, in, kernel), as a matrix (out, in * kernel).
"""

import torch


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for matrix in group["params"]:
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                state["momentum"].lerp_(matrix.grad, 1 - group["momentum"])
                nesterov = matrix.grad.lerp(state["momentum"], group["momentum"]).flatten(1)
                scale = max(1.0, nesterov.shape[0] / nesterov.shape[1]) ** 0.5
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.sub_(orthogonalize(nesterov).view(matrix.shape), alpha=group["lr"] * scale)


def orthogonalize(matrix, steps=5):
    """Newton-Schulz iteration: from a matrix U S V^T towards U V^T, so that all singular values end near 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x
