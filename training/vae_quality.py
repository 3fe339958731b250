"""Measure the samples of a VAE like those of a GAN, and write the results into its config.json.

python -m training.vae_quality --model fashion

"quality" gets the measures of 10,000 samples, seeds 0 to 9,999, for each prior of the model: the cfid, coverage,
classes_seen and sharpness that training/gan_quality.py explains, and

  nearest     mean Euclidean distance from a sample to the nearest training picture, pixels in [0, 1]
  in_class    of the flow: the share of samples that the judge puts in the class that was told

"decoded" holds the same of codes z ~ q(z|x) of the first 10,000 training pictures, for comparison.
"steps" and "guidance" hold the flow's with other settings, if z has more than two numbers.

There is no judge for emoji. Of 1,000 samples "quality" gets nearest, and recited: the share that is as near to a face
as 95 % of decoded codes are to their own face. "decoded" is the distance of these, and "others" that of a face to the
nearest other one. By these figures only the number of steps of the learned prior of emoji was chosen.
"""

import argparse
from pathlib import Path

import torch

from models import checkpoint
from models.flow import STEPS
from models.vae import VAE
from training import command, data, measures
from training.gan_quality import SAMPLES, Ruler

MODELS = ("digits", "digits-2d", "fashion", "fashion-2d", "emoji")
FACES = 1000  # samples of emoji
FEW_AND_MANY = (1, 2, 5, STEPS, 25)  # steps of the flow
LITTLE_AND_MUCH = (0.0, 1.0, 2.0, 4.0)  # guidance


@torch.inference_mode()
def quality(vae, ruler):
    """The measures of every prior of the model, as they are written into config.json."""
    found = {}
    for prior in vae.priors():
        pixels, labels = draw_samples(vae, prior)
        found[prior] = ruler.measure(pixels, labels) | {"nearest": near(pixels, ruler.everything)}
    found["decoded"] = ruler.measure(decoded_codes(vae, ruler.train), ruler.train_labels)
    if vae.flow is not None and vae.config.latent_dim > 2:
        for setting, values in (("steps", FEW_AND_MANY), ("guidance", LITTLE_AND_MUCH)):
            found[setting] = {f"{value:g}": of_the_flow(vae, ruler, **{setting: value}) for value in values}
    return found | {"samples": len(pixels)}


def of_the_flow(vae, ruler, **settings):
    """The measures of its samples with other settings than the usual ones."""
    return ruler.measure(*draw_samples(vae, "flow", **settings))


@torch.inference_mode()
def quality_of_faces(vae, faces):
    """The same of emoji. faces: the uint8 pictures that it learned from."""
    z = vae.reparameterize(*vae.encode(faces.float() / 255), torch.Generator().manual_seed(0))
    rebuilt = data.to_pixels(vae.decode(z))
    own = torch.cat([measures.nearest(one, face) for one, face in zip(rebuilt.split(1), faces.split(1))])
    found: dict = {"decoded": round(own.mean().item(), 3), "others": round(to_others(faces).mean().item(), 3)}
    for prior in vae.priors():
        distance = measures.nearest(draw_samples(vae, prior, FACES)[0], faces)
        recited = (distance <= own.quantile(0.95)).float().mean().item()
        found[prior] = {"nearest": round(distance.mean().item(), 3), "recited": round(recited, 3)}
    return found | {"samples": FACES}


def to_others(pictures):
    """The distance from each picture to the nearest other one, (N,)."""
    points = pictures.flatten(1).float() / 255
    distances = torch.cdist(points, points)
    return distances.fill_diagonal_(torch.inf).amin(1)


def near(pixels, everything):
    return round(measures.nearest(pixels, everything).mean().item(), 3)


def draw_samples(vae, prior, count=SAMPLES, steps=STEPS, guidance=1.0):
    """uint8 samples (count, C, H, W) as they are saved in a file, and of the flow the class that each was told."""
    parts = []
    for i in range(0, count, 500):
        settings = {"guidance": guidance, "steps": steps} if prior == "flow" else {}
        parts.append(data.to_pixels(vae.sample(range(i, min(i + 500, count)), 1.0, prior, **settings)))
    return torch.cat(parts), vae.flow.labels(range(count)) if prior == "flow" else None


def decoded_codes(vae, pixels):
    """uint8 pictures decoded from a code z ~ q(z|x) of each of the pictures."""
    noise = torch.Generator().manual_seed(0)
    codes = (vae.reparameterize(*vae.encode(part.float() / 255), noise) for part in pixels.split(500))
    return data.to_pixels(torch.cat([vae.decode(z) for z in codes]))


def measured(folder, name, images):
    """The quality of the model `name` in the folder of published models."""
    vae = VAE.from_pretrained(Path(folder) / "vae" / name)
    dataset = vae.info["set"]
    if dataset == "emoji":
        return quality_of_faces(vae, data.images(dataset, images, train=True)[0])
    return quality(vae, Ruler(dataset, folder, images))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=MODELS, default="fashion", help="folder in pretrained/vae")
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    data.add_image_argument(parser)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    folder = args.pretrained / "vae" / args.model
    command.existing(folder, "VAE", "train it first, or name another folder with --pretrained")
    command.writable(folder)
    found = measured(args.pretrained, args.model, args.data)
    for name, values in found.items():
        print(name, values)
    checkpoint.save_config(folder, {"quality": found})


if __name__ == "__main__":
    command.run(main)
