"""Upsampling and convolution in one, against the two one after the other."""

import pytest
import torch
from torch import nn

from models.upsampling import UpsampledConv


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 5, 7, 7), (2, 4, 3, 8)])
def test_it_is_the_convolution_of_the_enlarged_picture(shape):
    torch.manual_seed(0)
    conv, x = UpsampledConv(shape[1], 6, 3, padding=1), torch.randn(shape)
    plain = nn.functional.conv2d(nn.Upsample(scale_factor=2)(x), conv.weight, conv.bias, padding=1)
    assert torch.equal(conv(x), plain)  # gradients are recorded: the plain way itself
    with torch.inference_mode():
        assert torch.allclose(conv(x), plain, atol=1e-5)


def test_a_changed_weight_is_used_at_once():
    conv, x = UpsampledConv(2, 2, 3, padding=1), torch.randn(1, 2, 4, 4)
    with torch.no_grad():
        before = conv(x)
        conv.weight.mul_(2)
        assert torch.allclose(
            conv(x) - conv.bias[:, None, None], 2 * (before - conv.bias[:, None, None]), atol=1e-5
        )


def test_its_weights_are_named_as_those_of_a_convolution():
    assert UpsampledConv(2, 3, 3).state_dict().keys() == nn.Conv2d(2, 3, 3).state_dict().keys()
