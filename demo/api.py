"""All public functions, typed and documented. They are Gradio endpoints; the page calls some of them too.

A method of Api is public unless its name starts with an underscore. Its docstring is shown on the API page. Programs
get arrays as lists, the page gets them packed (demo/server.py).
"""

from collections.abc import Callable

from demo import gan, lm, room, size, vae
from demo.checks import choice, short_text, whole
from demo.checks import seed as checked_seed
from demo.contract import MOST_TOKENS
from demo.gan import codes, gallery
from demo.gan import training as gan_training
from demo.gan import walk as gan_walk
from demo.kept import afresh
from demo.lm import copying, evidence, generate, learning, reading, training
from demo.lm.language_models import LanguageModels
from demo.lm.steps import checked_knobs, checked_prompt
from demo.loading import Models
from demo.vae import codes as vae_codes
from demo.vae import walk as vae_walk
from models.passages import WINDOW


class Api:
    """The public functions on the models of one app."""

    def __init__(self, models: Models, language_models: LanguageModels) -> None:
        self._models = models
        self._language_models = language_models

    # --- VAE --------------------------------------------------------------------------------

    def vae_interpolate(
        self,
        a: str | list = "example:3-0",
        b: str | list = "example:8-0",
        method: str = "spherical",
        frames: int = 13,
        dataset: str = "digits",
    ) -> dict:
        """Walk from the code of one picture to that of another and decode every stop on the way.

        Parameters:
            a: where the walk starts: "example:3-0" (class 3, its first example), "seed:7" (a code drawn from the prior), "picture:..." (base64 of a PNG of the model's size), or the numbers of a code as a list
            b: where the walk ends, said in the same way
            method: "linear" (the straight line) or "spherical" (the direction turns at even speed)
            frames: how many stops, both ends among them, from 2 to 64
            dataset: which model: "digits", "fashion", "emoji" (z: 32 numbers), "digits-2d", "fashion-2d" (z: 2 numbers)

        Returns:
            frames (png: base64 of one PNG that holds all pictures in a row, size, columns, count), z (one list of numbers a frame), t (from 0 to 1), nearest (for each frame the class, name and distance in z of the nearest shipped example), originals (of a and b: the picture that was encoded, as a png, or null)
        """  # noqa: E501
        return vae_walk.walk(self._models.vae(dataset), a, b, method, frames)

    def vae_grid(
        self,
        a: str | list = "example:3-0",
        b: str | list = "example:8-0",
        c: str | list = "example:0-0",
        d: str | list = "example:1-0",
        method: str = "spherical",
        side: int = 7,
        dataset: str = "digits",
    ) -> dict:
        """Decode the sheet between four codes: every cell of a square with one of them at each corner.

        Parameters:
            a: the upper left corner, said as in /vae_interpolate: an example, a seed, a picture or a code
            b: the upper right corner
            c: the lower left corner
            d: the lower right corner
            method: "linear" (bilinear in z) or "spherical" (turning along the upper and lower edge, then between them)
            side: how many cells along a side, corners among them, from 3 to 11
            dataset: which model: "digits", "fashion", "emoji" (z: 32 numbers), "digits-2d", "fashion-2d" (z: 2 numbers)

        Returns:
            cells (png: base64 of one PNG that holds all pictures row by row, size, columns, count), z (one list of numbers a cell), nearest (for each cell the class, name and distance in z of the nearest shipped example), originals (of each corner: the picture that was encoded, as a png, or null)
        """  # noqa: E501
        return vae_walk.grid(self._models.vae(dataset), a, b, c, d, method, side)

    def vae_encode(self, image: list, dataset: str = "digits") -> dict:
        """Encode one picture: mean and log variance of its code, and the two parts of the loss, in nats.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white); of emoji 64 rows of 64 lists of red, green and blue
            dataset: which model: "digits", "fashion", "emoji" (z: 32 numbers), "digits-2d", "fashion-2d" (z: 2 numbers)

        Returns:
            mu and logvar of q(z|x), recon_loss (of the picture decoded from mu), kl (of q(z|x) to N(0, I))
        """  # noqa: E501
        return vae_codes.encode(self._models.vae(dataset), image)

    def vae_sample(
        self,
        seeds: list,
        temperature: float = 1.0,
        dataset: str = "digits",
        prior: str | None = None,
        label: str | int = "all",
        guidance: float = 1.0,
        steps: int = 10,
    ) -> dict:
        """Draw codes from a prior and decode them: one seed, one picture, whatever the others are.

        Parameters:
            seeds: 1 to 256 whole numbers from 0 to 2**64 - 1; texts where numbers are too short for them
            temperature: how far from the middle the noise lies, from 0 (none: one picture, of the flow and the learned prior one a class) to 5
            dataset: which model: "digits", "fashion", "emoji" (z: 32 numbers), "digits-2d", "fashion-2d" (z: 2 numbers)
            prior: "flow" (noise moved to codes step by step), "learned" (a RealNVP) or "standard", N(0, I); by default the flow
            label: of the flow and the learned prior: a class from 0 to 9, or "all": every seed draws its own
            guidance: of the flow: 0 tells no class, 1 tells it, up to 4 exaggerates it
            steps: of the flow: from noise to a code, from 1 to 25

        Returns:
            png (base64 of one PNG that holds all pictures, row by row), size, columns, count
        """  # noqa: E501
        return vae_codes.sample(self._models.vae(dataset), seeds, temperature, prior, label, guidance, steps)

    # --- GAN --------------------------------------------------------------------------------

    def gan_sample(
        self,
        seed: int | str = 1,
        count: int = 16,
        label: str = "all",
        truncation_psi: float = 1.0,
        snapshot: int | None = None,
        dataset: str = "fashion",
    ) -> dict:
        """Make up to 100 pictures from consecutive seeds, each with the discriminator's opinion of it.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures, from 1 to 100, one a seed
            label: a class or "all"; of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            truncation_psi: how far from the centre, from 0 (one picture per class) to 1 (everything)
            snapshot: the training step whose weights are used; by default the last
            dataset: "fashion" or "digits"

        Returns:
            png (base64 of one PNG that holds all pictures), size, columns, count, seeds, labels, scores
            (logits), beliefs (sigmoid of the logits), truncation_psi, snapshot
        """  # noqa: E501
        return gallery.sample(self._models.gan(dataset), seed, count, label, truncation_psi, snapshot)

    def gan_score(
        self, image: list, label: str, snapshot: int | None = None, dataset: str = "fashion"
    ) -> dict:
        """Ask the discriminator of a training step whether a picture is a photograph: logit and belief.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white)
            label: the class it claims to be of: of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            snapshot: the training step whose discriminator is asked; by default the last
            dataset: "fashion" or "digits"

        Returns:
            logit (above 0: rather real), belief (its sigmoid); an opinion, not a measure of quality
        """  # noqa: E501
        return codes.score(self._models.gan(dataset), image, label, snapshot)

    def gan_training(
        self,
        seed: int | str = 1,
        count: int = 36,
        label: str = "all",
        dataset: str = "fashion",
        step: int | None = None,
        scored: bool = True,
    ) -> dict:
        """Show what the generator made of the same codes at every saved step of its training, and the loss curves.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures a step, from 1 to 100
            label: a class or "all"; of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            dataset: "fashion" or "digits"
            step: draw only the saved step nearest to this one, which takes less time; by default all
            scored: ask each step's discriminator for its belief; without it takes a third less time

        Returns:
            snapshots (steps), frames (one sprite a step: png, size, columns, count), beliefs (of each step one a
            picture: how sure its discriminator is that the picture is real), seeds, labels, history
            (step, d_loss, g_loss: means over the steps since the row before, in nats), quality (cfid, coverage,
            classes_seen and more, one number per saved step, of 10,000 samples), only (the place of the step that was
            drawn; the frames of the others are null)
        """  # noqa: E501
        return gan_training.film(self._models.gan(dataset), seed, count, label, step, scored)

    def gan_walk(
        self,
        label_a: str,
        label_b: str,
        seed_a: int | str = 1,
        seed_b: int | str = 2,
        method: str = "spherical",
        frames: int = 13,
        truncation_psi: float = 1.0,
        blend: str = "mix",
        dataset: str = "fashion",
    ) -> dict:
        """Walk in even steps from the code z of one sample to that of another, and draw every stop.

        Parameters:
            label_a: the class of the first sample: of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            label_b: the class of the last sample
            seed_a: the seed of the first sample, from 0 to 2**64 - 1; a text where numbers are too short for it
            seed_b: the seed of the last sample
            method: "linear" or "spherical"
            frames: how many pictures, from 2 to 64, both samples among them
            truncation_psi: how far both codes are from the centre, from 0 (one picture per class) to 1
            blend: "mix" lets the class change evenly on the way, "a" and "b" keep that of one sample throughout
            dataset: "fashion" or "digits"

        Returns:
            frames (png, a base64 strip of all pictures, size, columns, count), z (one list a frame, after
            truncation), t (0 to 1), scores (the discriminator's logits), beliefs (their sigmoids)
        """  # noqa: E501
        arguments = (label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, blend)
        return gan_walk.walk(self._models.gan(dataset), *arguments)

    # --- next token --------------------------------------------------------------------------------

    def lm_generate(
        self,
        prompt: str,
        model: str = "counts",
        corpus: str = "shakespeare",
        order: int | None = None,
        max_new_tokens: int = 60,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int | str = 0,
        weight: float = 0.5,
    ) -> dict:
        """Continue a prompt token by token, and say how likely each token was.

        Parameters:
            prompt: the text to go on from, of at most 10,000 code points
            model: "counts", "gpt", or "mix" for a weighted mean of both
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: of the counts, 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3
            max_new_tokens: how many tokens, from 1 to 1,000
            temperature: from 0 (always the likeliest) to 10
            top_k: keep only the k likeliest tokens
            top_p: keep the smallest set of tokens that reaches this probability, from 0.01 to 1
            seed: from 0 to 2**64 - 1; the same seed gives the same text
            weight: of the GPT in a mixture, from 0 to 1

        Returns:
            text (what was added), steps (one a token: token, token_id, prob of the model itself, sampling_prob
            after temperature, top_k and top_p; of counts the order that answered, count and total) and notes
            on characters the model does not know
        """
        arguments = {"prompt": checked_prompt(prompt), "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["max_new_tokens"] = whole(max_new_tokens, "max_new_tokens", 1, MOST_TOKENS)
        lm = self._language_models.get(corpus, model, order, weight)
        return generate.whole_run(lm, write=self._language_models.stepper.write, **arguments)

    def lm_predict(
        self,
        prompt: str,
        model: str = "counts",
        corpus: str = "shakespeare",
        order: int | None = None,
        weight: float = 0.5,
    ) -> dict:
        """Say what a model expects after a prompt: every token with its probability.

        Parameters:
            prompt: the text to go on from, of at most 10,000 code points
            model: "counts", "gpt", or "mix" for a weighted mean of both
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: of the counts, 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3
            weight: of the GPT in a mixture, from 0 to 1

        Returns:
            tokens (the whole vocabulary, likeliest first: token, prob and, of counts, count), order and total
            (of counts: the order that answered and how often anything followed its context), context (the text the
            model looked at) and notes on characters the model does not know
        """
        prompt = checked_prompt(prompt)
        return generate.predict_next(self._language_models.get(corpus, model, order, weight), prompt)

    @afresh
    def lm_evidence(
        self, prompt: str, token: str | None = None, corpus: str = "shakespeare", order: int | None = None
    ) -> dict:
        """Look up where the counts' probability of a token comes from.

        Parameters:
            prompt: the text before the token, of at most 10,000 code points
            token: the token to explain; by default the likeliest
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3

        Returns:
            token, p (its probability in the model), ladder (the ends of the context that were looked up, longest
            first: context, seen: how often anything followed it, distinct followers, and handed_on, the share that
            discounts hand to the next), count and total (raw counts at the end that answered), parts (what each end
            that was seen gives the token, longest first, and last the even share of every token; they add up to p),
            passages (up to 20 places in the training text; empty if it is not in the data folder) and notes
        """
        return evidence.explain(self._language_models, prompt, token, corpus, order)

    def lm_copying(self, text: str, corpus: str = "shakespeare", at_least: int = copying.AT_LEAST) -> dict:
        """Find the stretches of a text that are word for word in the text a model learned from.

        Parameters:
            text: what to look through, of at most 20,000 code points
            corpus: "shakespeare" or "machado"
            at_least: how many characters a stretch must have, from 12 to 1,000; two pages of one author share
                shorter ones than 20 by chance

        Returns:
            runs (start and end of each stretch in code points of the text, rising; they may overlap) and longest
            (start, end and text of the longest shared stretch of 12 characters or more, or nothing). The training text
            must be in the data folder (python -m training.texts); without it nothing can be said, and the call fails
        """
        text = short_text(text, "text", copying.MOST_CHARACTERS)
        at_least = whole(at_least, "at_least", WINDOW, copying.MOST_AT_LEAST)
        return copying.copying(text, self._language_models.texts.get(corpus), at_least)

    def lm_learning(
        self,
        prompt: str,
        seed: int | str = 0,
        max_new_tokens: int = 120,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        corpus: str = "shakespeare",
    ) -> dict:
        """Continue a prompt with a GPT at every saved step of its training.

        Parameters:
            prompt: the text to go on from, of at most 10,000 code points
            seed: from 0 to 2**64 - 1; all moments draw with the same random numbers
            max_new_tokens: how many tokens each moment writes, from 1 to 300
            temperature: from 0 (always the likeliest) to 10
            top_k: keep only the k likeliest tokens
            top_p: keep the smallest set of tokens that reaches this probability, from 0.01 to 1
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)

        Returns:
            moments (one per saved step, the first untrained: step, text, probs of its tokens before the knobs,
            next: every token with its probability right after the prompt), history (scored steps: train and
            validation, nats per character), counts (order: nats per character of the same validation text) and
            notes on characters the model does not know
        """
        arguments = (prompt, seed, max_new_tokens, temperature, top_k, top_p, corpus)
        return learning.learn(self._language_models, *arguments)

    def lm_read(
        self, text: str, corpus: str = "shakespeare", model: str = "counts", order: int | None = None
    ) -> dict:
        """Say how likely a model finds every token of a text, each from what stands before it.

        Parameters:
            text: what is read, of at most 5,000 code points
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            model: "counts" or "gpt"
            order: of the counts, 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3

        Returns:
            tokens (token, nats: -log of its probability, rank: 1 for the model's first guess, prob),
            nats_per_character of the whole text, mean_rank, first_guess (the share of tokens with rank 1) and
            notes on characters the model does not know, which are left out
        """
        lm = self._language_models.get(corpus, choice(model, "model", reading.READERS), order)
        return reading.for_program(lm, text)

    @afresh
    def train(self, text: str, seconds: float = 30, prompt: str = "", seed: int = 0) -> dict:
        """Train a small GPT on a text of your own within a budget of seconds, and wait for it.

        One training runs at a time on a server, so this may wait for others first.

        Parameters:
            text: what the GPT learns from, of 1,000 characters to 2 MB; its last tenth is held out
            seconds: the budget, from 1 to 120; reading the text and measuring are included
            prompt: what every sample goes on from, of at most 200 characters
            seed: of the first weights, the batches and the samples, from 0 to 2**32 - 1

        Returns:
            about (setup: seconds before the first step, unit of the tokens, vocabulary, parameters, characters and held_out_characters of the text, counts: the loss of the n-gram counts of each order), rows (one every few seconds: step, seconds, train and held_out: losses in nats per character, sample, copied: the share of it that stands word for word in the text, tokens_per_second, rested: seconds so far for which it gave way to visitors) and model (base64 of one safetensors file, which GPT.from_file of this project reads)
        """  # noqa: E501
        return training.whole_training(self._language_models, text, seconds, prompt, seed)


PUBLIC = tuple(name for name in vars(Api) if not name.startswith("_"))


def all_functions(
    models: Models, language_models: LanguageModels | None = None
) -> dict[str, Callable[..., dict]]:
    """Every function that the page or a program can call, by name."""
    language_models = language_models or LanguageModels(models)
    api = Api(models, language_models)
    public = {name: getattr(api, name) for name in PUBLIC}
    families = vae.functions(models) | gan.functions(models) | lm.functions(language_models)
    return public | families | room.functions() | size.functions(models)
