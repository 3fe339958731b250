"""Fine-tune the learned prior of a VAE on codes of its posterior: python -m training.importance --model digits

Runs after training.vae and training.prior, whose prior learned from codes z ~ q(z|x) of each picture. But q, a
Gaussian, is not the posterior p(z|x). Here several codes z ~ q(z|x) of each picture are weighed by p(x, z) / q(z|x),
and the prior of the picture's class learns from all by their weights: it follows the gradient of the
importance-weighted bound (Burda et al. 2016, arXiv 1509.00519, equation 14), which gets better. The encoder does not
change, so all codes, the map and the flow stay valid. Nor does the decoder, except with --decoder-lr: then it learns
too, in equal parts from this bound and from the one with a single code, so that the losses on the page do not get
worse. That brings a decoder of training.distil back to the bound of the one before it. Warm-up and cosine schedule,
exponential moving average of the weights. The bound is watched on held-out training pictures and decides nothing. An
interrupted run continues from its saved state.
"""

import torch

from models.vae import PRIOR, VAE
from training import command, data, measures
from training.options import command_of, not_negative, whole
from training.prior import WATCHED, generator, opened, parser_of, run_name
from training.run import Run, add_arguments, averaged, schedule
from training.vae import export_losses, held_out_of, observe, warm_cosine

PICTURES, SAMPLES = 100, 200  # held-out pictures, and codes of each, for the bound in the log
SETTINGS = ("steps", "batch", "codes", "lr", "decoder_lr", "seed")  # the options that change what is learned


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
    learners = {"prior": vae.prior} | ({"decoder": vae.decoder} if args.decoder_lr else {})
    learner = torch.nn.ModuleDict(learners).requires_grad_(True)
    ema = averaged(learner, 0.998, vae.info["training"]["steps"])
    tuned = VAE.from_pretrained(folder).to(args.device)
    for name, module in ema.module.items():
        setattr(tuned, name, module)
    rates = {"prior": args.lr, "decoder": args.decoder_lr}
    groups = [{"params": list(module.parameters()), "lr": rates[name]} for name, module in learners.items()]
    optimizer = torch.optim.AdamW(groups, weight_decay=0)
    modules = {"learner": learner, "ema": ema}
    name, learned_from = run_name("importance", args, vae), (pixels, labels, prior_of(vae))
    run = Run.of(args, name, SETTINGS, modules, {"adam": optimizer}, data=learned_from)
    run.resume(args.resume)
    run.begin(args.steps, schedule(optimizer, warm_cosine(0, args.steps), run.step))
    recent = []
    while run.step < args.steps:
        recent.append(train_step(args, vae, optimizer, pixels[:count], labels[:count], run.step))
        run.advance()
        ema.update_parameters(learner)
        if run.step % args.log_every == 0 or run.step == args.steps:
            run.log(batches=sum(recent) / len(recent), held_out=bound(args, tuned, watched))
            run.save()
            recent = []
    export(folder, tuned, args, run)
    run.note_result((pixels, labels, prior_of(VAE.from_pretrained(folder))))


def train_step(args, vae, optimizer, pixels, labels, step):
    """One step. Returns the importance-weighted bound of the batch, whose classes are told, in nats per picture."""
    noise = generator(args, step)
    rows = torch.randint(len(pixels), (args.batch,), generator=noise, device=args.device).cpu()
    x = observe(vae, pixels[rows].to(args.device), noise)
    with torch.no_grad():
        many, mu, logvar = (part.repeat_interleave(args.codes, 0) for part in (x, *vae.encoder(x)))
    with torch.set_grad_enabled(bool(args.decoder_lr)):
        z, scores = measures.scored(vae, many, mu, logvar, noise)
    log_prior = vae.prior.log_prob(z, labels[rows].to(args.device).repeat_interleave(args.codes))
    # its gradient weighs the codes of a picture by their shares of p(x, z) / q(z|x)
    loss = measures.importance_bound((scores + log_prior).unflatten(0, (len(x), args.codes))).mean()
    optimizer.zero_grad(set_to_none=True)
    (loss - scores.mean() if args.decoder_lr else loss).backward()
    torch.nn.utils.clip_grad_norm_(vae.prior.parameters(), 200.0)
    optimizer.step()
    return loss.item()


def bound(args, vae, pictures):
    """The importance-weighted bound of held-out pictures, nats per picture."""
    noise = generator(args, WATCHED)
    x = observe(vae, pictures.to(args.device), noise)
    return measures.importance_bound(measures.log_weights(vae, x, SAMPLES, noise)).mean().item()


def prior_of(vae):
    """The sha256 of the learned prior of a VAE, as it lies in the folder of the VAE."""
    return vae.info["files"][PRIOR]


def export(folder, vae, args, run):
    """Write the new prior, with --decoder-lr also the VAE with its new decoder, and how they were made."""
    made = {
        "steps": run.step,
        "codes": args.codes,
        "seed": args.seed,
        **run.times(),
        "command": command_of("importance", args, parse_args([]), ("model", *SETTINGS), ("model",)),
        "history": run.history,
    }
    record = "decoder_tuned" if args.decoder_lr else "importance"
    info = {"prior": vae.info["prior"], "training": vae.info["training"] | {record: made}}
    vae.cpu().save_prior(folder, info)
    if args.decoder_lr:
        vae.save_pretrained(folder, info)
        export_losses(folder, VAE.from_pretrained(folder), args.data)
    print("written", folder)


def parse_args(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--steps", type=whole(1), default=2000)
    parser.add_argument("--batch", type=whole(1), default=32)
    parser.add_argument("--codes", type=whole(1), default=16, help="codes of each picture that are weighed")
    parser.add_argument("--lr", type=not_negative, default=3e-4, help="highest learning rate")
    parser.add_argument(
        "--decoder-lr", type=not_negative, default=0, help="of the decoder; 0: it stays as it is"
    )
    parser.add_argument("--log-every", type=whole(1), default=150, help="steps between two lines of the log")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
