"""Constants that Python and the page share: sets, classes, methods, limits, presets, defaults.

Python imports the names from here. The page imports them from `web/contract.js`. That file is generated from this one;
the same command generates the types of answers (demo/answers.py) and of sentence keys (demo/text):

    python -m demo.contract
"""

LARGEST_SEED = 2**64 - 1
LARGEST_STEP = 10**9  # of training, far beyond any

# walks of the VAE and the GAN
METHODS = ("linear", "spherical")
FRAMES = (5, 32)  # stops of a walk that the page offers
MOST_FRAMES = 64  # the most stops that the API accepts; the least is 2
FILE_TYPES = {"gif": "image/gif", "webp": "image/webp", "png": "image/png"}

# VAE
VAE_SETS = ("digits", "fashion", "emoji", "digits-2d", "fashion-2d")
VAE_CLASSES = {"digits": 10, "fashion": 10, "emoji": 10}  # how many classes a set has
VAE_ENDS = {  # the default endpoints of a set's walk
    "digits": {"a": "example:3-1", "b": "example:8-1"},
    "fashion": {"a": "example:1-0", "b": "example:3-0"},
    "emoji": {"a": "example:0-0", "b": "example:5-1"},
}
VAE_LOWER_ENDS = {  # the default lower corners of a set's grid
    "digits": {"c": "example:0-1", "d": "example:1-1"},
    "fashion": {"c": "example:7-0", "d": "example:9-0"},
    "emoji": {"c": "example:7-0", "d": "example:6-0"},
}
GRID_SIDES = (3, 11)  # cells along a side of the grid
PRIORS = ("standard", "learned", "flow")
BESIDE_PRIORS = ("standard", "learned")  # what the VAE draws from beside the GAN
DIFFUSION_COUNT = 36  # pictures that move from noise together
DIFFUSION_POINTS = 500  # points that do so on the plane of a z of 2
DIFFUSION_STEPS = (1, 25)
GENERATE_PARTS = ("all", "own", "rest")  # of the walls: that of the model's own prior, and the others
DIFFUSION_PARTS = ("way", "all")  # of what is shown of the chosen one: its pictures alone, or all
MOST_GUIDANCE = 4
DRAWABLE_SETS = ("digits",)  # sets whose pictures the visitor can draw by hand
BETA_COLORS = {
    "0.1": "--vae-beta-low",
    "1": "--vae-beta-one",
    "4": "--vae-beta-high",
}  # beta -> the CSS variable of its training run
REBUILT_COUNT = 4  # pictures that the station Training reconstructs; as many are sampled

# GAN
GAN_CLASSES = {
    "fashion": (
        *("tshirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "boot"),
    ),
    "digits": tuple("0123456789"),
}
GAN_BOTH_WAYS = ("fashion", "digits")  # sets that were trained with and without regularisation
GAN_ENDS = {"fashion": {"a": "sneaker:8", "b": "bag:19"}, "digits": {"a": "3:4", "b": "8:9"}}
ALL_CLASSES = "all"  # every class in turn; of the flow, what each seed draws
BLENDS = ("mix", "a", "b")  # the class changes along the walk, or stays A's or B's
TRAINING_COUNT = 36  # pictures at every snapshot of training
OFFERED_COUNT = 40  # samples that the walk offers as an endpoint
PLAINEST = "plainest"  # in place of a class: the one with the most similar pictures in the collapsed run
COLLAPSE_MEASURES = ("classes_seen", "pairwise_distance", "coverage")
QUALITY_MEASURES = ("coverage", "classes_seen", "cfid")

# next token
CORPORA = {"shakespeare": "characters", "machado": "pieces"}  # shipped corpus -> the unit of its tokens
OWN_PROMPTS: dict[str, str] = {}  # corpus that is not of this project -> its first prompt
HUB_MODELS: dict[
    str, str
] = {}  # corpus that is a model of others (demo/lm/hub.py), without counts -> its name
MODELS = ("counts", "gpt", "mix")
ORDERS = {  # of the counts, by unit of the tokens: the highest and the default
    "characters": {"highest": 8, "first": 5},
    "pieces": {"highest": 4, "first": 3},
    "words": {"highest": 4, "first": 2},
}
PRESETS = {  # named settings of the knobs
    "greedy": {"temperature": 0, "top_k": None, "top_p": 1},
    "balanced": {"temperature": 0.8, "top_k": None, "top_p": 0.95},
    "wild": {"temperature": 1.5, "top_k": None, "top_p": 1},
}
MOST_TOP_K = 100_000
MOST_PROMPT_CHARACTERS = 10_000  # code points, of which a character may have several
MOST_TOKENS = 1_000  # of a run
CHUNK = 64  # the most tokens in one answer
UNKNOWN_SHOWN = 8  # unknown characters that a note lists
MOST_READ_CHARACTERS = 5_000  # code points of a text that the station Reading reads
MOMENTS_CORPORA = ("shakespeare", "machado")  # the corpora whose GPTs have snapshots of their training
MOST_MOMENT_TOKENS = 300  # of the text that each snapshot generates
MOMENT_PARTS = (
    40,
    120,
)  # tokens of these texts that the page asks for before all, so that the first are soon there
OWN_UNITS = ("characters", "words")  # units of a visitor's own text
MOST_OWN_BYTES = 2_000_000  # of such a text, in UTF-8
TRAIN_SECONDS = (15, 30, 60, 120)  # of a GPT that is trained on such a text
TRAIN_SHORTEST = 1_000  # characters of a text from which a GPT can be trained
TRAIN_ALPHABET = (2, 8_000)  # different characters of it
TRAIN_SMALL = 100_000  # characters; of a shorter text a GPT soon knows parts by heart
MOST_MODEL_BYTES = 4_000_000  # of a GPT in a file
MOST_CONTROL_SHARE = 0.01  # with a larger share of control characters a file does not count as text

if __name__ == "__main__":
    from demo.generated import write

    write()
