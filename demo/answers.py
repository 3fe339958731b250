"""The types of all answers, as the page gets them. Programs get lists of numbers instead of Packed, or numbers by name.

`python -m demo.contract` writes the same types for JavaScript to web/answers.d.ts.
"""

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic accepts typing.TypedDict only from Python 3.12 on

Figure = dict[str, Any]  # a Plotly figure: {"data", "layout"}
Piece = tuple[str, str, int | None]  # white space before a token, the token, its id


class Packed(TypedDict):
    f32: str  # base64 of little-endian float32
    shape: list[int]


class Sprite(TypedDict):
    png: NotRequired[str]  # base64 of one picture that holds all; a sprite has either `png` or `webp`
    webp: NotRequired[str]
    size: int
    columns: int
    count: int


class File(TypedDict):
    name: str
    type: str
    data: str  # base64


# --- VAE --------------------------------------------------------------------------------------------------

Nearest = TypedDict("Nearest", {"class": str, "example": str, "distance": float})


class VaeInterpolate(TypedDict):
    frames: Sprite
    z: Packed
    t: list[float]
    nearest: list[Nearest]
    originals: dict[str, Sprite | None]


class VaeGrid(TypedDict):
    cells: Sprite
    z: Packed
    nearest: list[Nearest]
    originals: dict[str, Sprite | None]


class VaeEncode(TypedDict):
    mu: list[float]
    logvar: list[float]
    recon_loss: float
    kl: float


class UploadLimits(TypedDict):
    megabytes: int
    megapixels: int


class VaeWall(TypedDict):
    pictures: Sprite
    counts: list[int]
    names: list[str]
    limits: UploadLimits


class VaePrepare(TypedDict):
    end: str
    picture: Sprite
    inverted: bool
    cropped: bool
    middle: bool
    first_frame: bool


class EncoderStage(TypedDict):
    kind: str
    shape: list[int]
    residual: NotRequired[bool]
    channels: NotRequired[list[int]]
    maps: NotRequired[Sprite]


class VaeInside(TypedDict):
    picture: Sprite
    original: bool
    end: str
    code: Packed
    rebuilt: Sprite
    recon_loss: list[float]
    kl: float
    pixel_noise: float
    encoder: NotRequired[list[EncoderStage]]
    decoder: NotRequired[list[list[int]]]


class Copies(TypedDict):
    count: int
    pixel_error: float
    kl: float


class CodeSize(TypedDict):
    latent_dim: int
    recon_loss: float
    kl: float
    held_out: bool
    ring: float
    copies: Copies | None


class Neighbours(TypedDict):
    count: int
    in_z: float
    on_plane: float
    same: float


class VaeMap(TypedDict):
    low: list[float]
    side: float
    sprite: Sprite
    center: list[float]
    axes: list[list[float]]
    share: float | None
    off_plane: list[list[float]]
    neighbours: Neighbours
    figure: Figure
    sizes: list[CodeSize]


class VaeMapPath(TypedDict):
    figure: Figure
    sigma: dict[str, list[float]]
    pictures: Sprite


class PriorWall(TypedDict):
    sprite: Sprite
    length: list[list[float]]
    nearest: list[list[str]]
    away: list[list[float]]
    distance: list[float]
    classes: list[int]


class PriorMeasures(TypedDict):
    cfid: float | None
    coverage: float | None
    nearest: float | None
    recited: float | None


class DecodedMeasures(TypedDict):
    cfid: float | None
    coverage: float | None


class MeasuredPriors(TypedDict):
    samples: int
    decoded: DecodedMeasures
    priors: dict[str, PriorMeasures]


class VaeGenerate(TypedDict):
    seeds: list[str]
    temperatures: list[float]
    priors: list[str]  # of the model, its own one last
    walls: dict[str, PriorWall]  # of those that were asked for
    measured: MeasuredPriors | None
    classes: int


class VaeGenerateCode(TypedDict):
    z: list[float]


class VaeDiffusion(TypedDict):
    seeds: list[str]
    labels: list[int]
    moments: list[int]
    frames: Sprite


class VaeDiffusionOne(TypedDict):
    seed: str
    label: int
    way: Sprite
    ends: Sprite | None  # of the part "way" neither these nor the others
    others: Sprite | None
    z: Packed
    parameters: int
    quality: dict[str, Any] | None


class VaeDiffusionPlane(TypedDict):
    points: Packed
    labels: list[int]
    arrows: Packed
    side: int


class VaeDimensions(TypedDict):
    z: list[float]
    here: Sprite
    dims: list[int]
    first: int
    strips: Sprite
    stops: list[float]
    kl: list[float]
    ranked: list[int]
    dead_below: float
    nearest: Nearest
    figure: Figure


class BetaNetwork(TypedDict):
    steps: list[int]
    recon_loss: list[float]
    kl: list[float]
    beta: float
    epochs: list[float]
    rebuilt: Sprite
    samples: Sprite
    dead: int
    dimensions: int


class BothLosses(TypedDict):
    recon_loss: Figure
    kl: Figure
    held_out: bool


class VaeTraining(TypedDict):
    pictures: Sprite
    networks: list[BetaNetwork]
    dead_below: float
    curves: dict[str, BothLosses]


# --- GAN --------------------------------------------------------------------------------------------------


class GanSample(Sprite):
    seeds: list[str]
    labels: list[str]
    scores: list[float]
    beliefs: list[float]
    truncation_psi: float
    snapshot: int


class NearestReal(TypedDict):
    sprite: Sprite
    position: list[int]
    labels: list[str]
    distances: list[float]
    typical: float
    total: int


class GanGallery(GanSample):
    z: Packed
    histogram: Figure | None
    place: dict[str, list[float]] | None
    nearest: NearestReal | None


class GanScore(TypedDict):
    logit: float
    belief: float


class TrainingFigures(TypedDict):
    losses: Figure
    quality: dict[str, Figure] | None


class GanTraining(TypedDict):
    seeds: list[str]
    labels: list[str]
    snapshots: list[int]
    only: int | None  # the place of the one snapshot that is drawn, if only one was asked for
    frames: list[Sprite | None]
    beliefs: list[list[float] | None]
    history: dict[str, list[float]]
    quality: dict[str, Any] | None
    accuracy: list[float] | None
    figures: TrainingFigures


class GanWalk(TypedDict):
    frames: Sprite
    z: Packed
    t: list[float]
    scores: list[float]
    beliefs: list[float]


class GanWalkBlends(TypedDict):
    blends: list[str]
    frames: Sprite
    beliefs: list[list[float]]
    z: Packed
    t: list[float]


class GanWalkSamples(Sprite):
    seeds: list[str]
    labels: list[str]


class CollapseSide(TypedDict):
    sprite: Sprite
    nearest: list[list[float | None] | None]
    spread: list[float | None]
    quality: dict[str, list[float]] | None


class GanCollapse(TypedDict):
    seeds: list[str]
    labels: list[str]
    label: str
    moments: list[tuple[int, int]]
    only: int | None  # the place of the one moment that is drawn, if only one was asked for
    classes: int
    samples: int | None
    real: dict[str, float] | None
    near: float
    cures: dict[str, list[float] | None]
    sides: list[CollapseSide]


class GanGame(TypedDict):
    code: str
    step: int
    moments: list[int]
    sprite: Sprite
    labels: list[str]
    real: list[bool]
    seeds: list[str | None]
    logits: list[float]
    beliefs: list[float]
    accuracy: float | None


class Measured(TypedDict):
    samples: int
    real: dict[str, float]
    gan: dict[str, float]
    vae: dict[str, dict[str, float]]


class GanBeside(TypedDict):
    seeds: list[str]
    labels: list[str]
    vae: dict[str, Sprite]
    gan: Sprite
    measured: Measured | None


# --- next token -------------------------------------------------------------------------------------------


class LmKeep(TypedDict):
    opening: str
    key: str
    max_order: int
    vocabulary: int
    sample: NotRequired[str]


class LmOverview(TypedDict):
    tokens: int
    distinct: int
    once: int
    frequent: list[tuple[int, str, int]]
    first: int
    written: list[Piece] | None


class Excerpt(TypedDict):
    at: int
    written: list[Piece]


class LmAfter(TypedDict):
    context: list[tuple[int, str]]
    total: int
    distinct: int
    followers: list[tuple[int, str, int]]
    places: int
    place: int
    before: list[int]
    excerpts: list[Excerpt]


class Logits(TypedDict):
    dense: NotRequired[Packed]  # either this or all other keys: see `packed` in demo/lm/steps.py
    first: NotRequired[Packed]
    shifts: NotRequired[list[float]]
    lengths: NotRequired[list[int]]
    ids: NotRequired[str]
    values: NotRequired[Packed]
    size: NotRequired[int]  # this and the next two are of a large vocabulary: see `shortened` there
    counts: NotRequired[list[list[int]]]
    levels: NotRequired[Packed]


class Distributions(TypedDict):
    logits: Logits
    context: list[int]
    order: NotRequired[list[int]]
    total: NotRequired[list[int]]
    counted: NotRequired[list[tuple[list[int], list[int]]]]


class LmContinue(TypedDict):
    ids: list[int]
    texts: list[str]
    logits: NotRequired[Logits]  # a mixture has `parts` instead
    context: NotRequired[list[int]]
    order: NotRequired[list[int]]
    total: NotRequired[list[int]]
    counted: NotRequired[list[tuple[list[int], list[int]]]]
    parts: NotRequired[list[Distributions]]
    prompt: NotRequired[list[str]]  # in an opening answer
    unknown: NotRequired[list[str]]
    more_unknown: NotRequired[int]
    stand_in: NotRequired[str]
    vocabulary: NotRequired[list[str]]


class Rung(TypedDict):
    length: int
    text: str
    total: int
    distinct: NotRequired[int]
    used: NotRequired[int]
    gamma: NotRequired[float]


class Follower(TypedDict):
    token: str
    p: float
    raw: list[int]
    used: list[int]
    parts: list[float]


class LmLookUp(TypedDict):
    context: list[str]
    unknown: list[str]
    more_unknown: int
    stand_in: str
    answered: int
    rungs: list[Rung]
    followers: list[Follower]
    chosen: int
    others: int


class Likely(TypedDict):
    token: str
    p: float


class LmOcclusion(TypedDict):
    token: str
    p: float
    likeliest: list[Likely]
    tokens: list[str]
    without: list[float]
    sight: int
    unknown: list[str]
    more_unknown: int
    stand_in: str


class PassageShown(TypedDict):
    before: str
    context: str
    token: str
    after: str
    at: float


class Sentence(TypedDict):
    key: str
    values: dict[str, str]


class TrainedOn(TypedDict):
    setup: float
    unit: str
    vocabulary: int
    parameters: int
    characters: int
    held_out_characters: int
    counts: dict[str, float]


class TrainedRow(TypedDict):
    step: int
    seconds: float
    train: float
    held_out: float
    sample: str
    copied: float
    tokens_per_second: int | None
    rested: float


class Train(TypedDict):
    about: TrainedOn
    rows: list[TrainedRow]
    model: str


class LmTrain(TypedDict):
    training: str


class LmOpenModel(TypedDict):
    key: str
    opening: str
    max_order: int
    vocabulary: int
    unit: str


class Trained(TypedDict):
    model: str
    own: LmOpenModel


class LmTraining(TypedDict):
    state: str
    place: int
    about: TrainedOn | None
    rows: list[TrainedRow]
    why: Sentence | None  # it has failed
    trained: Trained | None


class LmTrainStop(TypedDict):
    state: str


class LmText(TypedDict):
    missing: Sentence | None


class LmPassages(TypedDict):
    count: int
    passages: list[PassageShown]


class Stretch(TypedDict):
    start: int
    end: int
    text: str


class LmCopying(TypedDict):
    runs: list[tuple[int, int]]
    longest: Stretch | None


class CopyingRow(LmCopying):
    order: int | None
    text: str


class LmCopyingByOrder(TypedDict):
    rows: list[CopyingRow]
    window: int
    at_least: int


class LadderRung(TypedDict):
    context: str
    seen: int
    distinct: int
    handed_on: float | None


class LmEvidence(TypedDict):
    token: str
    p: float
    ladder: list[LadderRung]
    count: int
    total: int
    parts: list[float]
    passages: list[PassageShown]
    notes: list[str]


class GeneratedStep(TypedDict):
    token: str
    token_id: int
    prob: float
    sampling_prob: float
    order: int | None
    count: int | None
    total: int | None


class LmGenerate(TypedDict):
    text: str
    steps: list[GeneratedStep]
    notes: list[str]


class PredictedToken(TypedDict):
    token: str
    prob: float
    count: int | None


class LmPredict(TypedDict):
    tokens: list[PredictedToken]
    order: int | None
    total: int | None
    context: str
    notes: list[str]


class Moment(TypedDict):
    step: int
    text: str
    texts: list[str]
    probs: list[float]
    next: Packed
    logits: Packed


class ScoredStep(TypedDict):
    step: int
    train: float | None
    validation: float


class LmLearning(TypedDict):
    moments: list[Moment]
    history: list[ScoredStep]
    counts: dict[str, float]
    vocabulary: list[str]
    prompt: list[str]
    unknown: list[str]
    more_unknown: int
    stand_in: str
    notes: list[str]


class LmLosses(TypedDict):
    moments: list[int]
    rows: list[ScoredStep]
    counts: dict[str, float]
    passed: list[tuple[int, int | None]]
    figure: Figure | None


class ReadToken(TypedDict):
    token: str
    nats: float
    rank: int
    prob: float


class LmRead(TypedDict):
    tokens: list[ReadToken]
    nats_per_character: float
    mean_rank: float
    first_guess: float
    notes: list[str]


class Likeliest(TypedDict):
    ids: list[int]
    probs: Packed


class LmLook(TypedDict):
    pieces: list[Piece]
    nats: Packed
    ranks: list[int]
    top: Likeliest
    top_size: int
    names: dict[str, str]
    vocabulary: int
    order: NotRequired[list[int]]
    count: NotRequired[list[int]]
    total: NotRequired[list[int]]
    nats_per_character: float
    mean_rank: float
    first_guess: float


class PageCode(TypedDict):
    rows: list[str]


class ModelSize(TypedDict):
    set: str
    kind: str
    parameters: int
    bytes: int
    seconds: float | None
    gpu_seconds: float


class PageSizes(TypedDict):
    models: list[ModelSize]


class CutToken(TypedDict):
    token: str
    id: int | None


class CutPiece(TypedDict):
    token: str
    id: int
    merges: list[list[str]]


class LmCut(TypedDict):
    characters: list[CutToken]
    pieces: list[CutPiece]
    words: list[CutToken]


ANSWERS: dict[str, type] = {
    "vae_interpolate": VaeInterpolate,
    "vae_grid": VaeGrid,
    "vae_encode": VaeEncode,
    "vae_sample": Sprite,
    "vae_export": File,
    "vae_export_sheet": File,
    "vae_wall": VaeWall,
    "vae_prepare": VaePrepare,
    "vae_inside": VaeInside,
    "vae_map": VaeMap,
    "vae_map_path": VaeMapPath,
    "vae_generate": VaeGenerate,
    "vae_generate_code": VaeGenerateCode,
    "vae_diffusion": VaeDiffusion,
    "vae_diffusion_one": VaeDiffusionOne,
    "vae_diffusion_plane": VaeDiffusionPlane,
    "vae_dimensions": VaeDimensions,
    "vae_training": VaeTraining,
    "gan_sample": GanSample,
    "gan_gallery": GanGallery,
    "gan_score": GanScore,
    "gan_training": GanTraining,
    "gan_film_gif": File,
    "gan_walk": GanWalk,
    "gan_walk_blends": GanWalkBlends,
    "gan_walk_samples": GanWalkSamples,
    "gan_walk_export": File,
    "gan_collapse": GanCollapse,
    "gan_game": GanGame,
    "gan_beside": GanBeside,
    "lm_keep": LmKeep,
    "lm_train": LmTrain,
    "lm_training": LmTraining,
    "lm_train_stop": LmTrainStop,
    "lm_open_model": LmOpenModel,
    "lm_overview": LmOverview,
    "lm_after": LmAfter,
    "lm_continue": LmContinue,
    "lm_look_up": LmLookUp,
    "lm_occlusion": LmOcclusion,
    "lm_text": LmText,
    "lm_passages": LmPassages,
    "lm_copying": LmCopying,
    "lm_copying_by_order": LmCopyingByOrder,
    "lm_evidence": LmEvidence,
    "lm_generate": LmGenerate,
    "lm_predict": LmPredict,
    "lm_learning": LmLearning,
    "lm_losses": LmLosses,
    "lm_read": LmRead,
    "train": Train,
    "lm_look": LmLook,
    "page_code": PageCode,
    "page_sizes": PageSizes,
    "lm_cut": LmCut,
}
