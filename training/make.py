"""Make one published model from raw data, with all its commands in order: python -m training.make vae/emoji

Other options (--steps, --device, --threads, --seed, --data, --state, --no-resume) are passed to every command that
trains, and replace those of the recipe. In the folder of --state each of them has its own folder. A finished training
run is not repeated. Models that a recipe needs from others (the judge of the samples, the discriminator that the
fashion VAE learns from) are read from pretrained/.
"""

import argparse
import importlib
import shlex

from training import command
from training.run import each_its_own

RECIPES = {
    "vae/digits": [
        "vae --set digits",
        "prior --model digits --couplings 10 --hidden 192 --steps 10000 --seed 1",
        "importance --model digits --steps 1500",
        "flow --model digits --steps 16000",
        "distil --model digits --patch 2 --width 16 --posterior 50000 --steps 14000 --batch 256 --muon-lr 0.02",
        "importance --model digits --steps 4000 --codes 8 --decoder-lr 0.001",
        "vae_quality --model digits",
    ],
    "vae/fashion": [
        "vae --set fashion",
        "prior --model fashion",
        "flow --model fashion",
        "vae_quality --model fashion",
    ],
    "vae/emoji": [
        "vae --set emoji",
        "prior --model emoji --steps 1000",
        "flow --model emoji --width 64 --condition 32 --steps 400 --batch 256",
        "distil --model emoji",
        "vae_quality --model emoji",
    ],
    "vae/digits-2d": [
        "vae --set digits --latent-dim 2 --epochs 20",
        "prior --model digits-2d",
        "flow --model digits-2d --width 64 --condition 32 --steps 6000",
        "vae_quality --model digits-2d",
    ],
    "vae/fashion-2d": [
        "vae --set fashion --latent-dim 2 --epochs 10",
        "prior --model fashion-2d --steps 3000",
        "flow --model fashion-2d --width 64 --condition 32 --steps 6000",
        "vae_quality --model fashion-2d",
    ],
    **{
        f"vae/digits-beta{beta}": [f"vae --set digits --beta {beta} --width 8 --epochs 6 --snapshots"]
        for beta in ("0.1", "1", "4")
    },
    **{
        f"gan/{dataset}/{variant}": [
            *(f"gan --set {dataset} --variant {variant} --steps {steps}" for steps in parts),
            f"gan_quality --set {dataset} --variant {variant}",
        ]
        # a second part goes on from the weights of the first
        for dataset, variant, parts in (
            ("fashion", "regularised", ("20000", "22000 --go-on")),
            ("fashion", "unregularised", ("3000",)),
            ("digits", "regularised", ("20000", "21000 --go-on")),
            ("digits", "unregularised", ("3000",)),
        )
    },
    **{f"classifier/{dataset}": [f"classifier --set {dataset}"] for dataset in ("digits", "fashion")},
    **{f"pictures/{dataset}": [f"pictures --set {dataset}"] for dataset in ("emoji", "fashion")},
    **{f"lm/{corpus}/ngram": [f"ngram --corpus {corpus}"] for corpus in ("shakespeare", "machado")},
    # in parts, each from the weights of the one before
    "lm/machado/gpt": ["gpt --corpus machado --steps 3000", "gpt --corpus machado --steps 6000 --go-on"],
    "lm/shakespeare/gpt": [
        "gpt --corpus shakespeare --steps 2700",
        "gpt --corpus shakespeare --steps 6600 --go-on",
        "gpt --corpus shakespeare --steps 9000 --go-on --counts 0.25",
    ],
    "lm/shakespeare/mixture": ["mixture --corpus shakespeare"],
}
# the commands that train: they take the other options
TRAINING = {"vae", "prior", "importance", "flow", "distil", "gan", "classifier", "gpt", "mixture"}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=list(RECIPES), help="its folder in pretrained/")
    args, passed_on = parser.parse_known_args(arguments)
    for line in RECIPES[args.model]:
        name, *options = shlex.split(line)
        module = importlib.import_module(f"training.{name}")
        if name in TRAINING:
            options = each_its_own([*options, *passed_on], module.parse_args)
        print("python -m", shlex.join([f"training.{name}", *options]), flush=True)
        module.main(options)


if __name__ == "__main__":
    command.run(main)
