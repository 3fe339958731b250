"""Paths from one code to another in even steps, for VAE and GAN."""

import torch

from models import arrays
from models.errors import InputError
from models.values import choice

METHODS = ("linear", "spherical")


def interpolate(z0, z1, steps, method="spherical"):
    """Codes on a path from z0 to z1, (D,) each: (steps, D). The first and the last are z0 and z1 exactly.

    "linear" is the straight line. "spherical" (slerp) turns the direction at constant speed and changes the length
    evenly from |z0| to |z1|, so the path avoids the unlikely centre. If the directions are parallel or opposite, it is
    the straight line.
    """
    steps = arrays.whole(steps, "steps", 2, 256)
    choice(method, "method", METHODS)
    z0, z1 = arrays.floats(z0, "z0"), arrays.floats(z1, "z1")
    if z0.ndim != 1 or z0.shape != z1.shape or not len(z0):
        raise InputError(f"z0 and z1 must be two codes (D,), not {tuple(z0.shape)} and {tuple(z1.shape)}.")
    t = torch.linspace(0, 1, steps, device=z0.device)[:, None]  # (steps, 1)
    path = (1 - t) * z0 + t * z1 if method == "linear" else slerp(z0, z1, t)
    path[0], path[-1] = z0, z1
    return path


def slerp(z0, z1, t):
    """Spherical interpolation (Shoemake 1985) of direction, linear in length. z0, z1 (D,), t (T, 1) -> (T, D)."""
    r0, r1 = z0.norm(), z1.norm()
    straight = (1 - t) * z0 + t * z1
    if r0 == 0 or r1 == 0:
        return straight
    u0, u1 = z0 / r0, z1 / r1
    # atan2 stays precise near 0 and near pi, where arccos does not
    omega = 2 * torch.atan2((u0 - u1).norm(), (u0 + u1).norm())
    if torch.sin(omega) < 1e-4:
        return straight
    direction = (torch.sin((1 - t) * omega) * u0 + torch.sin(t * omega) * u1) / torch.sin(omega)
    return ((1 - t) * r0 + t * r1) * direction
