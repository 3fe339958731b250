"""Fine-tune the decoder and the learned prior of a VAE: python -m training.importance --model digits

Runs after training.vae and training.prior. Both learned from codes z ~ q(z|x) of each picture, but q, a Gaussian, is
not the posterior p(z|x). Here several codes z ~ q(z|x) of each picture are weighed by p(x, z) / q(z|x). Decoder and
prior learn from some that are drawn by these weights: nearly codes of the posterior (sampling importance resampling,
Rubin 1988). So they follow the gradient of the importance-weighted bound (Burda et al. 2016, arXiv 1509.00519, equation
14), which gets better. The encoder does not change: all codes, the map and the flow stay valid. Warm-up and cosine
schedule, exponential moving average of the weights. The bound is watched on held-out training pictures and decides
nothing. An interrupted run continues from its saved state.
"""

import torch
from torch import nn

from models.vae import VAE, recon_loss
from training import command, measures
from training.options import not_negative, whole
from training.prior import WATCHED, generator, opened, parser_of, run_name
from training.run import Run, add_arguments, averaged, schedule, state_folder
from training.vae import export_losses, observe, split, warm_cosine

PICTURES, SAMPLES = 100, 200  # held-out pictures, and codes of each, for the bound in the log


def main(arguments=None):
    args = parse_args(arguments)
    folder, vae = opened(args)
    vae.to(args.device)
    if vae.prior is None:
        raise SystemExit(f"{folder} has no learned prior: run training.prior first.")
    train, held_out = split(vae.info["set"], args.data)
    watched = (held_out if len(held_out) else train)[:: max(1, len(held_out) // PICTURES)][:PICTURES]
    pair = nn.ModuleDict({"decoder": vae.decoder, "prior": vae.prior}).requires_grad_(True)
    ema = averaged(pair, 0.998, vae.info["training"]["steps"])
    tuned = VAE.from_pretrained(folder).to(args.device)
    tuned.decoder, tuned.prior = ema.module["decoder"], ema.module["prior"]
    optimizer = torch.optim.AdamW(pair.parameters(), lr=args.lr, weight_decay=0)
    run = Run(
        state_folder(args, run_name("importance", args, vae)), {"pair": pair, "ema": ema}, {"adam": optimizer}
    )
    run.resume(args.resume)
    run.begin(args.steps, schedule(optimizer, warm_cosine(0, args.steps), run.step))
    recent = []
    while run.step < args.steps:
        recent.append(train_step(args, vae, optimizer, train, run.step))
        run.advance()
        ema.update_parameters(pair)
        if run.step % args.log_every == 0 or run.step == args.steps:
            run.log(batches=sum(recent) / len(recent), held_out=bound(args, tuned, watched))
            run.save()
            recent = []
    export(args, folder, tuned, run)


def train_step(args, vae, optimizer, train, step):
    """One step. Returns the importance-weighted bound of the batch with args.codes samples, nats per picture."""
    noise = generator(args, step)
    rows = torch.randint(len(train), (args.batch,), generator=noise, device=args.device)
    x = observe(vae, train[rows.cpu()].to(args.device), noise)
    with torch.no_grad():
        z, weights = weighted(vae, x, args.codes, noise)
        picked = torch.multinomial(weights.softmax(1), args.kept, replacement=True, generator=noise)
        z = z.gather(1, picked[..., None].expand(-1, -1, z.shape[2])).flatten(0, 1)  # (B * kept, latent_dim)
    recon = recon_loss(vae.decoder(z), x.repeat_interleave(args.kept, 0), vae.config.pixel_noise)
    loss = (recon - vae.prior.log_prob(z)).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 200.0)
    optimizer.step()
    return measures.importance_bound(weights).mean().item()


def weighted(vae, x, count, noise):
    """`count` codes z ~ q(z|x) of each picture, (B, count, latent_dim), and log p(x, z) - log q(z|x), (B, count)."""
    many = (part.repeat_interleave(count, 0) for part in (x, *vae.encoder(x)))
    z, weights = measures.weighed(vae, *many, noise)
    return z.unflatten(0, (len(x), count)), weights.unflatten(0, (len(x), count))


def bound(args, vae, pictures):
    """The importance-weighted bound of held-out pictures, nats per picture."""
    noise = generator(args, WATCHED)
    x = observe(vae, pictures.to(args.device), noise)
    return measures.importance_bound(measures.log_weights(vae, x, SAMPLES, noise)).mean().item()


def export(args, folder, vae, run):
    """Write the VAE with the new decoder, and the new prior."""
    made = {
        "steps": run.step,
        "codes": args.codes,
        "seed": args.seed,
        "seconds": round(run.elapsed()),
        "command": f"python -m training.importance --model {args.model}",
        "history": run.history,
    }
    vae.cpu().save_pretrained(folder, {"training": vae.info["training"] | {"importance": made}})
    vae.save_prior(folder, vae.info["prior"])
    export_losses(folder, VAE.from_pretrained(folder), args.data)
    print("written", folder)


def parse_args(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--steps", type=whole(1), default=2000)
    parser.add_argument("--batch", type=whole(1), default=32)
    parser.add_argument("--codes", type=whole(1), default=16, help="codes of each picture that are weighed")
    parser.add_argument(
        "--kept", type=whole(1), default=2, help="codes of each picture that are learned from"
    )
    parser.add_argument("--lr", type=not_negative, default=3e-4, help="highest learning rate")
    parser.add_argument("--log-every", type=whole(1), default=150, help="steps between two lines of the log")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
