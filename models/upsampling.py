"""Upsampling by two followed by a convolution, without the enlarged feature map.

Source: the sub-pixel convolution of Shi et al. 2016 (arXiv 1609.05158), with kernels that give what nearest-neighbour
upsampling (Odena et al. 2016, "Deconvolution and checkerboard artifacts") gives.
"""

import torch
from torch import nn
from torch.nn import functional as F

# (2, 2, 3): for the first and the second of two output pixels, which of three weights meet each of two input pixels
MEET = torch.tensor([[[1.0, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]])
KERNELS = torch.einsum("aip,bjq->pqabij", MEET, MEET).reshape(9, 16)


class UpsampledConv(nn.Conv2d):
    """Repeats each pixel 2 x 2 times, then convolves with 3 x 3 weights: (B, C, H, W) -> (B, C', 2H, 2W).

    A 3 x 3 window of repeated pixels covers only 2 x 2 different ones. So four kernels of 2 x 2 weights, one for each
    place in a square of 2 x 2 output pixels, give the same sums up to rounding, with 16 multiplications instead of 36.
    Where a gradient is recorded, the plain way is taken. Made as nn.Conv2d(C, C', 3, padding=1) is.
    """

    def forward(self, x):
        if torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad):
            return super().forward(F.interpolate(x, scale_factor=2))
        (batch, channels, height, width), count = x.shape, self.out_channels
        kernels = (self.weight.reshape(-1, 9) @ KERNELS.to(self.weight)).view(count, channels, 4, 2, 2)
        kernels = kernels.transpose(1, 2).reshape(4 * count, channels, 2, 2)
        found = F.conv2d(x, kernels, self.bias.repeat_interleave(4), padding=1)  # type: ignore[union-attr]
        found = found.view(batch, count, 2, 2, height + 1, width + 1)
        squares = found.new_empty(batch, count, height, 2, width, 2)
        for a in (0, 1):
            for b in (0, 1):
                squares[:, :, :, a, :, b] = found[:, :, a, b, a : a + height, b : b + width]
        return squares.view(batch, count, 2 * height, 2 * width)
