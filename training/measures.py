"""Measures of the quality of samples, on pixels or on features of a judge, and of the likelihood of a VAE.

The judge is training/classifier.py, trained on real pictures only. A value means little alone: compare it with the
value of real pictures against other real pictures.
"""

import math

import numpy as np
import torch

from models.vae import log_posterior, recon_loss


@torch.inference_mode()
def features(judge, pixels):
    """uint8 images (N, 1, 28, 28) -> 128 features of the judge for each, float64 (N, 128)."""
    return torch.cat([judge.features(x.float() / 255) for x in pixels.split(500)]).double().numpy()


@torch.inference_mode()
def classify(judge, pixels):
    """uint8 images (N, 1, 28, 28) -> the class that the judge puts each in, (N,)."""
    return torch.cat([judge(x.float() / 255).argmax(1) for x in pixels.split(500)])


def frechet(a, b):
    """Frechet distance of two sets of features, each taken as a Gaussian (Heusel et al. 2017, equation 6)."""
    mean_a, mean_b = a.mean(0), b.mean(0)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # tr sqrt(A B) from the eigenvalues of the symmetric sqrt(A) B sqrt(A)
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors @ np.diag(np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cov_b @ root).clip(0)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)


def radii(real, k=5):
    """The distance from each real point to its k-th nearest other real point, (N,): real is (N, features)."""
    real = torch.as_tensor(real, dtype=torch.float32)
    parts = [torch.cdist(part, real).topk(k + 1, largest=False).values[:, -1] for part in real.split(1000)]
    return torch.cat(parts)  # the nearest point is the point itself


def coverage(real, made, reach):
    """The share of real points with a generated point within their radius (Naeem et al. 2020, equation 9).

    reach: radii(real). 1 means that there are samples near all real pictures; a low value, that samples of some
    parts of the set are missing.
    """
    real, made = (torch.as_tensor(points, dtype=torch.float32) for points in (real, made))
    parts = zip(real.split(1000), reach.split(1000), strict=True)
    return torch.cat([torch.cdist(part, made).amin(1) <= r for part, r in parts]).float().mean().item()


def pairwise_distances(pixels, labels):
    """Mean Euclidean distance between two pictures of one class, pixels in [0, 1]: one number for each class.

    Of uint8 pictures (N, C, H, W): all pairs of the first 500 of each class. 0 means that all pictures are the same.
    """
    classes = [pixels[labels == label][:500].flatten(1).float() / 255 for label in labels.unique()]
    return [torch.pdist(of_class).mean().item() for of_class in classes]


def classes_seen(found, classes, least=0.05):
    """The number of classes with at least a share `least` of the pictures. found (N,): from `classify`."""
    return int((torch.bincount(found, minlength=classes) / len(found) >= least).sum())


def sharpness(pixels):
    """Mean variance of the Laplacian, pixels in [0, 1] (Pech-Pacheco et al. 2000): high for sharp edges."""
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    edges = torch.nn.functional.conv2d(pixels.float() / 255, kernel)  # of one channel
    return edges.flatten(1).var(dim=1).mean().item()


@torch.inference_mode()
def nearest(pixels, others):
    """Euclidean distance from each uint8 picture (N, C, H, W) to the nearest of `others`, pixels in [0, 1]: (N,)."""
    others = others.flatten(1).float() / 255
    squares = others.square().sum(1)
    rows = (pixels.flatten(1).float() / 255).split(250)
    parts = [(r.square().sum(1)[:, None] + squares - 2 * r @ others.T).amin(1) for r in rows]
    return torch.cat(parts).clamp(min=0).sqrt()


@torch.inference_mode()
def log_weights(vae, x, samples, generator):
    """log p(x, z) - log q(z|x) of `samples` codes z ~ q(z|x) for each picture, in nats: float64 (B, samples).

    x (B, C, H, W), as training.vae.observe returns them. p(z) is the learned prior if there is one. The mean over the
    samples is the ELBO. The log of the mean of their exponentials is the importance-weighted bound (Burda et al.
    2016, arXiv 1509.00519, equation 8).
    """
    rows = []
    for picture, mu, logvar in zip(x, *vae.encode(x)):
        found = []
        for count in [500] * (samples // 500) + [samples % 500] * (samples % 500 > 0):
            pictures = picture.expand(count, -1, -1, -1)
            z, scores = scored(vae, pictures, mu.expand(count, -1), logvar.expand(count, -1), generator)
            found.append(vae.prior_log_prob(z) + scores)
        rows.append(torch.cat(found).double())
    return torch.stack(rows)


def scored(vae, x, mu, logvar, generator):
    """One code z ~ q(z|x) of each picture, (B, latent_dim), and log p(x|z) - log q(z|x) in nats, (B,)."""
    z = vae.reparameterize(mu, logvar, generator)
    recon = recon_loss(vae.decode_logits(z), x, vae.config.pixel_noise)
    return z, -recon - log_posterior(z, mu, logvar)


def importance_bound(log_weights):
    """The importance-weighted bound on -log p(x) of each picture, in nats: (B,) from log weights (B, samples)."""
    return math.log(log_weights.shape[1]) - torch.logsumexp(log_weights, 1)
