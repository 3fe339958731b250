"""Fine-tune the learned prior of a VAE on codes of its posterior: python -m training.importance --model digits

Runs after training.vae and training.prior, whose prior learned from codes z ~ q(z|x) of each picture. But q, a
Gaussian, is not the posterior p(z|x). Here several codes z ~ q(z|x) of each picture are weighed by p(x, z) / q(z|x),
and the prior of the picture's class learns from all by their weights: it follows the gradient of the
importance-weighted bound (Burda et al. 2016, arXiv 1509.00519, equation 14), which gets better. Nothing else changes,
so all codes, both losses, the map and the flow stay valid. Warm-up and cosine schedule, exponential moving average of
the weights. The bound is watched on held-out training pictures and decides nothing. An interrupted run continues from
its saved state.
"""

import torch

from models.vae import VAE
from training import command, data, measures
from training.options import not_negative, whole
from training.prior import WATCHED, generator, opened, parser_of, run_name
from training.run import Run, add_arguments, averaged, schedule
from training.vae import held_out_of, observe, warm_cosine

PICTURES, SAMPLES = 100, 200  # held-out pictures, and codes of each, for the bound in the log


def main(arguments=None):
    args = parse_args(arguments)
    folder, vae = opened(args)
    vae.to(args.device)
    if vae.prior is None:
        raise SystemExit(f"{folder} has no learned prior: run training.prior first.")
    pixels, labels = data.images(vae.info["set"], args.data, train=True)
    count = len(pixels) - held_out_of(vae.info["set"], len(pixels))
    watched = pixels[count:] if count < len(pixels) else pixels
    watched = watched[:: max(1, len(watched) // PICTURES)][:PICTURES]
    prior = vae.prior.requires_grad_(True)
    ema = averaged(prior, 0.998, vae.info["training"]["steps"])
    tuned = VAE.from_pretrained(folder).to(args.device)
    tuned.prior = ema.module
    optimizer = torch.optim.AdamW(prior.parameters(), lr=args.lr, weight_decay=0)
    modules = {"prior": prior, "ema": ema}
    run = Run.of(args, run_name("importance", args, vae), modules, {"adam": optimizer})
    run.resume(args.resume)
    run.begin(args.steps, schedule(optimizer, warm_cosine(0, args.steps), run.step))
    recent = []
    while run.step < args.steps:
        recent.append(train_step(args, vae, optimizer, pixels[:count], labels[:count], run.step))
        run.advance()
        ema.update_parameters(prior)
        if run.step % args.log_every == 0 or run.step == args.steps:
            run.log(batches=sum(recent) / len(recent), held_out=bound(args, tuned, watched))
            run.save()
            recent = []
    export(folder, tuned, args, run)


def train_step(args, vae, optimizer, pixels, labels, step):
    """One step. Returns the importance-weighted bound of the batch, whose classes are told, in nats per picture."""
    noise = generator(args, step)
    rows = torch.randint(len(pixels), (args.batch,), generator=noise, device=args.device).cpu()
    x = observe(vae, pixels[rows].to(args.device), noise)
    with torch.no_grad():
        many, mu, logvar = (part.repeat_interleave(args.codes, 0) for part in (x, *vae.encoder(x)))
        z, scores = measures.scored(vae, many, mu, logvar, noise)
    log_prior = vae.prior.log_prob(z, labels[rows].to(args.device).repeat_interleave(args.codes))
    # its gradient weighs the codes of a picture by their shares of p(x, z) / q(z|x)
    loss = measures.importance_bound((scores + log_prior).unflatten(0, (len(x), args.codes))).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(vae.prior.parameters(), 200.0)
    optimizer.step()
    return loss.item()


def bound(args, vae, pictures):
    """The importance-weighted bound of held-out pictures, nats per picture."""
    noise = generator(args, WATCHED)
    x = observe(vae, pictures.to(args.device), noise)
    return measures.importance_bound(measures.log_weights(vae, x, SAMPLES, noise)).mean().item()


def export(folder, vae, args, run):
    """Write the new prior, and how it was made."""
    made = {
        "steps": run.step,
        "codes": args.codes,
        "seed": args.seed,
        "seconds": round(run.elapsed()),
        "command": f"python -m training.importance --model {args.model} --steps {args.steps}",
        "history": run.history,
    }
    info = {"prior": vae.info["prior"], "training": vae.info["training"] | {"importance": made}}
    vae.cpu().save_prior(folder, info)
    print("written", folder)


def parse_args(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--steps", type=whole(1), default=2000)
    parser.add_argument("--batch", type=whole(1), default=32)
    parser.add_argument("--codes", type=whole(1), default=16, help="codes of each picture that are weighed")
    parser.add_argument("--lr", type=not_negative, default=3e-4, help="highest learning rate")
    parser.add_argument("--log-every", type=whole(1), default=150, help="steps between two lines of the log")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
