// Made by `python -m demo.contract` from demo/answers.py: change it there.

export interface BetaNetwork {
  steps: number[];
  recon_loss: number[];
  kl: number[];
  beta: number;
  epochs: number[];
  rebuilt: Sprite;
  samples: Sprite;
  dead: number;
  dimensions: number;
}

export interface BothLosses {
  recon_loss: Record<string, any>;
  kl: Record<string, any>;
  held_out: boolean;
}

export interface CodeSize {
  latent_dim: number;
  recon_loss: number;
  kl: number;
  held_out: boolean;
  ring: number;
  copies: Copies | null;
}

export interface CollapseSide {
  sprite: Sprite;
  nearest: ((number | null)[] | null)[];
  spread: (number | null)[];
  quality: Record<string, number[]> | null;
}

export interface Copies {
  count: number;
  pixel_error: number;
  kl: number;
}

export interface CopyingRow {
  runs: [number, number][];
  longest: Stretch | null;
  order: number | null;
  text: string;
}

export interface CutPiece {
  token: string;
  id: number;
  merges: string[][];
}

export interface CutToken {
  token: string;
  id: number | null;
}

export interface DecodedMeasures {
  cfid: number | null;
  coverage: number | null;
}

export interface Distributions {
  logits: Logits;
  context: number[];
  order?: number[];
  total?: number[];
  counted?: [number[], number[]][];
}

export interface EncoderStage {
  kind: string;
  shape: number[];
  residual?: boolean;
  channels?: number[];
  maps?: Sprite;
}

export interface Excerpt {
  at: number;
  written: ([string, string, number | null])[];
}

export interface File {
  name: string;
  type: string;
  data: string;
}

export interface Follower {
  token: string;
  p: number;
  raw: number[];
  used: number[];
  parts: number[];
}

export interface GanBeside {
  seeds: string[];
  labels: string[];
  vae: Record<string, Sprite>;
  gan: Sprite;
  measured: Measured | null;
}

export interface GanCollapse {
  seeds: string[];
  labels: string[];
  label: string;
  moments: [number, number][];
  only: number | null;
  classes: number;
  samples: number | null;
  real: Record<string, number> | null;
  near: number;
  cures: Record<string, number[] | null>;
  sides: CollapseSide[];
}

export interface GanGallery {
  png?: string;
  webp?: string;
  size: number;
  columns: number;
  count: number;
  seeds: string[];
  labels: string[];
  scores: number[];
  beliefs: number[];
  truncation_psi: number;
  snapshot: number;
  z: Packed;
  histogram: Record<string, any> | null;
  place: Record<string, number[]> | null;
  nearest: NearestReal | null;
}

export interface GanGame {
  code: string;
  step: number;
  moments: number[];
  sprite: Sprite;
  labels: string[];
  real: boolean[];
  seeds: (string | null)[];
  logits: number[];
  beliefs: number[];
  accuracy: number | null;
}

export interface GanSample {
  png?: string;
  webp?: string;
  size: number;
  columns: number;
  count: number;
  seeds: string[];
  labels: string[];
  scores: number[];
  beliefs: number[];
  truncation_psi: number;
  snapshot: number;
}

export interface GanScore {
  logit: number;
  belief: number;
}

export interface GanTraining {
  seeds: string[];
  labels: string[];
  snapshots: number[];
  only: number | null;
  frames: (Sprite | null)[];
  beliefs: (number[] | null)[];
  history: Record<string, number[]>;
  quality: Record<string, any> | null;
  accuracy: number[] | null;
  figures: TrainingFigures;
}

export interface GanWalk {
  frames: Sprite;
  z: Packed;
  t: number[];
  scores: number[];
  beliefs: number[];
}

export interface GanWalkBlends {
  blends: string[];
  frames: Sprite;
  beliefs: number[][];
  z: Packed;
  t: number[];
}

export interface GanWalkSamples {
  png?: string;
  webp?: string;
  size: number;
  columns: number;
  count: number;
  seeds: string[];
  labels: string[];
}

export interface GeneratedStep {
  token: string;
  token_id: number;
  prob: number;
  sampling_prob: number;
  order: number | null;
  count: number | null;
  total: number | null;
}

export interface LadderRung {
  context: string;
  seen: number;
  distinct: number;
  handed_on: number | null;
}

export interface Likeliest {
  ids: number[];
  probs: Packed;
}

export interface Likely {
  token: string;
  p: number;
}

export interface LmAfter {
  context: [number, string][];
  total: number;
  distinct: number;
  followers: [number, string, number][];
  places: number;
  place: number;
  before: number[];
  excerpts: Excerpt[];
}

export interface LmContinue {
  ids: number[];
  texts: string[];
  logits?: Logits;
  context?: number[];
  order?: number[];
  total?: number[];
  counted?: [number[], number[]][];
  parts?: Distributions[];
  prompt?: string[];
  unknown?: string[];
  more_unknown?: number;
  stand_in?: string;
  vocabulary?: string[];
}

export interface LmCopying {
  runs: [number, number][];
  longest: Stretch | null;
}

export interface LmCopyingByOrder {
  rows: CopyingRow[];
  window: number;
  at_least: number;
}

export interface LmCut {
  characters: CutToken[];
  pieces: CutPiece[];
  words: CutToken[];
}

export interface LmEvidence {
  token: string;
  p: number;
  ladder: LadderRung[];
  count: number;
  total: number;
  parts: number[];
  passages: PassageShown[];
  notes: string[];
}

export interface LmGenerate {
  text: string;
  steps: GeneratedStep[];
  notes: string[];
}

export interface LmKeep {
  opening: string;
  key: string;
  max_order: number;
  vocabulary: number;
  sample?: string;
}

export interface LmLearning {
  moments: Moment[];
  history: ScoredStep[];
  counts: Record<string, number>;
  vocabulary: string[];
  prompt: string[];
  unknown: string[];
  more_unknown: number;
  stand_in: string;
  notes: string[];
}

export interface LmLook {
  pieces: ([string, string, number | null])[];
  nats: Packed;
  ranks: number[];
  top: Likeliest;
  top_size: number;
  names: Record<string, string>;
  vocabulary: number;
  order?: number[];
  count?: number[];
  total?: number[];
  nats_per_character: number;
  mean_rank: number;
  first_guess: number;
}

export interface LmLookUp {
  context: string[];
  unknown: string[];
  more_unknown: number;
  stand_in: string;
  answered: number;
  rungs: Rung[];
  followers: Follower[];
  chosen: number;
  others: number;
}

export interface LmLosses {
  moments: number[];
  rows: ScoredStep[];
  counts: Record<string, number>;
  passed: ([number, number | null])[];
  figure: Record<string, any> | null;
}

export interface LmOcclusion {
  token: string;
  p: number;
  likeliest: Likely[];
  tokens: string[];
  without: number[];
  sight: number;
  unknown: string[];
  more_unknown: number;
  stand_in: string;
}

export interface LmOpenModel {
  key: string;
  opening: string;
  max_order: number;
  vocabulary: number;
  unit: string;
}

export interface LmOverview {
  tokens: number;
  distinct: number;
  once: number;
  frequent: [number, string, number][];
  first: number;
  written: ([string, string, number | null])[] | null;
}

export interface LmPassages {
  count: number;
  passages: PassageShown[];
}

export interface LmPredict {
  tokens: PredictedToken[];
  order: number | null;
  total: number | null;
  context: string;
  notes: string[];
}

export interface LmRead {
  tokens: ReadToken[];
  nats_per_character: number;
  mean_rank: number;
  first_guess: number;
  notes: string[];
}

export interface LmText {
  missing: Sentence | null;
}

export interface LmTrain {
  training: string;
}

export interface LmTrainStop {
  state: string;
}

export interface LmTraining {
  state: string;
  place: number;
  about: TrainedOn | null;
  rows: TrainedRow[];
  why: Sentence | null;
  trained: Trained | null;
}

export interface Logits {
  dense?: Packed;
  first?: Packed;
  shifts?: number[];
  lengths?: number[];
  ids?: string;
  values?: Packed;
  size?: number;
  counts?: number[][];
  levels?: Packed;
}

export interface Measured {
  samples: number;
  real: Record<string, number>;
  gan: Record<string, number>;
  vae: Record<string, Record<string, number>>;
}

export interface MeasuredPriors {
  samples: number;
  decoded: DecodedMeasures;
  priors: Record<string, PriorMeasures>;
}

export interface ModelSize {
  set: string;
  kind: string;
  parameters: number;
  bytes: number;
  seconds: number | null;
  gpu_seconds: number;
}

export interface Moment {
  step: number;
  text: string;
  texts: string[];
  probs: number[];
  next: Packed;
  logits: Packed;
}

export interface Nearest {
  class: string;
  example: string;
  distance: number;
}

export interface NearestReal {
  sprite: Sprite;
  position: number[];
  labels: string[];
  distances: number[];
  typical: number;
  total: number;
}

export interface Neighbours {
  count: number;
  in_z: number;
  on_plane: number;
  same: number;
}

export interface Packed {
  f32: string;
  shape: number[];
}

export interface PageCode {
  rows: string[];
}

export interface PageSizes {
  models: ModelSize[];
}

export interface PassageShown {
  before: string;
  context: string;
  token: string;
  after: string;
  at: number;
}

export interface PredictedToken {
  token: string;
  prob: number;
  count: number | null;
}

export interface PriorMeasures {
  cfid: number | null;
  coverage: number | null;
  nearest: number | null;
  recited: number | null;
}

export interface PriorWall {
  sprite: Sprite;
  length: number[][];
  nearest: string[][];
  away: number[][];
  distance: number[];
  classes: number[];
}

export interface ReadToken {
  token: string;
  nats: number;
  rank: number;
  prob: number;
}

export interface Rung {
  length: number;
  text: string;
  total: number;
  distinct?: number;
  used?: number;
  gamma?: number;
}

export interface ScoredStep {
  step: number;
  train: number | null;
  validation: number;
}

export interface Sentence {
  key: string;
  values: Record<string, string>;
}

export interface Sprite {
  png?: string;
  webp?: string;
  size: number;
  columns: number;
  count: number;
}

export interface Stretch {
  start: number;
  end: number;
  text: string;
}

export interface Train {
  about: TrainedOn;
  rows: TrainedRow[];
  model: string;
}

export interface Trained {
  model: string;
  own: LmOpenModel;
}

export interface TrainedOn {
  setup: number;
  unit: string;
  vocabulary: number;
  parameters: number;
  characters: number;
  held_out_characters: number;
  counts: Record<string, number>;
}

export interface TrainedRow {
  step: number;
  seconds: number;
  train: number;
  held_out: number;
  sample: string;
  copied: number;
  tokens_per_second: number | null;
  rested: number;
}

export interface TrainingFigures {
  losses: Record<string, any>;
  quality: Record<string, Record<string, any>> | null;
}

export interface UploadLimits {
  megabytes: number;
  megapixels: number;
}

export interface VaeDiffusion {
  seeds: string[];
  labels: number[];
  moments: number[];
  frames: Sprite;
}

export interface VaeDiffusionOne {
  seed: string;
  label: number;
  way: Sprite;
  ends: Sprite | null;
  others: Sprite | null;
  z: Packed;
  parameters: number;
  quality: Record<string, any> | null;
}

export interface VaeDiffusionPlane {
  points: Packed;
  labels: number[];
  arrows: Packed;
  side: number;
}

export interface VaeDimensions {
  z: number[];
  here: Sprite;
  dims: number[];
  first: number;
  strips: Sprite;
  stops: number[];
  kl: number[];
  ranked: number[];
  dead_below: number;
  nearest: Nearest;
  figure: Record<string, any>;
}

export interface VaeEncode {
  mu: number[];
  logvar: number[];
  recon_loss: number;
  kl: number;
}

export interface VaeGenerate {
  seeds: string[];
  temperatures: number[];
  priors: string[];
  walls: Record<string, PriorWall>;
  measured: MeasuredPriors | null;
  classes: number;
}

export interface VaeGenerateCode {
  z: number[];
}

export interface VaeGrid {
  cells: Sprite;
  z: Packed;
  nearest: Nearest[];
  originals: Record<string, Sprite | null>;
}

export interface VaeInside {
  picture: Sprite;
  original: boolean;
  end: string;
  code: Packed;
  rebuilt: Sprite;
  recon_loss: number[];
  kl: number;
  pixel_noise: number;
  encoder?: EncoderStage[];
  decoder?: number[][];
}

export interface VaeInterpolate {
  frames: Sprite;
  z: Packed;
  t: number[];
  nearest: Nearest[];
  originals: Record<string, Sprite | null>;
}

export interface VaeMap {
  low: number[];
  side: number;
  sprite: Sprite;
  center: number[];
  axes: number[][];
  share: number | null;
  off_plane: number[][];
  neighbours: Neighbours;
  figure: Record<string, any>;
  sizes: CodeSize[];
}

export interface VaeMapPath {
  figure: Record<string, any>;
  sigma: Record<string, number[]>;
  pictures: Sprite;
}

export interface VaePrepare {
  end: string;
  picture: Sprite;
  inverted: boolean;
  cropped: boolean;
  middle: boolean;
  first_frame: boolean;
}

export interface VaeTraining {
  pictures: Sprite;
  networks: BetaNetwork[];
  dead_below: number;
  curves: Record<string, BothLosses>;
}

export interface VaeWall {
  pictures: Sprite;
  counts: number[];
  names: string[];
  limits: UploadLimits;
}

/** The answer of each function, by its name. */
export interface Answers {
  vae_interpolate: VaeInterpolate;
  vae_grid: VaeGrid;
  vae_encode: VaeEncode;
  vae_sample: Sprite;
  vae_export: File;
  vae_export_sheet: File;
  vae_wall: VaeWall;
  vae_prepare: VaePrepare;
  vae_inside: VaeInside;
  vae_map: VaeMap;
  vae_map_path: VaeMapPath;
  vae_generate: VaeGenerate;
  vae_generate_code: VaeGenerateCode;
  vae_diffusion: VaeDiffusion;
  vae_diffusion_one: VaeDiffusionOne;
  vae_diffusion_plane: VaeDiffusionPlane;
  vae_dimensions: VaeDimensions;
  vae_training: VaeTraining;
  gan_sample: GanSample;
  gan_gallery: GanGallery;
  gan_score: GanScore;
  gan_training: GanTraining;
  gan_film_gif: File;
  gan_walk: GanWalk;
  gan_walk_blends: GanWalkBlends;
  gan_walk_samples: GanWalkSamples;
  gan_walk_export: File;
  gan_collapse: GanCollapse;
  gan_game: GanGame;
  gan_beside: GanBeside;
  lm_keep: LmKeep;
  lm_train: LmTrain;
  lm_training: LmTraining;
  lm_train_stop: LmTrainStop;
  lm_open_model: LmOpenModel;
  lm_overview: LmOverview;
  lm_after: LmAfter;
  lm_continue: LmContinue;
  lm_look_up: LmLookUp;
  lm_occlusion: LmOcclusion;
  lm_text: LmText;
  lm_passages: LmPassages;
  lm_copying: LmCopying;
  lm_copying_by_order: LmCopyingByOrder;
  lm_evidence: LmEvidence;
  lm_generate: LmGenerate;
  lm_predict: LmPredict;
  lm_learning: LmLearning;
  lm_losses: LmLosses;
  lm_read: LmRead;
  train: Train;
  lm_look: LmLook;
  page_code: PageCode;
  page_sizes: PageSizes;
  lm_cut: LmCut;
}
