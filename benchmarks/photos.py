"""Made photographs of handwriting, and the share of them that the judge reads rightly once they are prepared.

    python -m benchmarks.photos --seed 1

Needs MNIST (python -m training.data fetches it). A photo shows a digit with pen, pencil, marker or chalk on plain,
ruled or squared paper, a sheet on a desk, a scan with a black border, a blackboard or a screen, with uneven light,
blur, grain and a camera's rotation. Three quarters of the digits are training pictures of MNIST, thinned to lines
and drawn anew; the others are the curves of training/drawings.py. The same seed gives the same photos. They are never
saved, except with --save, to be looked at.
"""

import argparse
import collections
import io
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from demo.checks import UserError
from demo.prepare import upload
from training import data
from training.classifier import Classifier
from training.drawings import GLYPHS, drawn, inked, lines_through

SIZES = {4032: 0.15, 1600: 0.5, 1024: 0.25, 640: 0.1}  # longest side in pixels: share
KINDS = {
    "plain": 0.28, "ruled": 0.12, "squared": 0.14, "desk": 0.16, "scan": 0.08, "blackboard": 0.12, "screen": 0.1,
}  # fmt: skip
PENS = {  # share, darkness, width as a share of the digit's height, grain
    "ball-pen": (0.4, (0.55, 0.8), (0.006, 0.06), 0.1),
    "pencil": (0.35, (0.25, 0.5), (0.008, 0.06), 0.5),
    "marker": (0.25, (0.7, 0.92), (0.06, 0.16), 0.0),
}
INKS = [
    (1, 1, 1),
    (1, 0.95, 0.55),
    (0.45, 1, 1),
]  # how much of red, green and blue the ink takes: black, blue, red


# --- lines of a digit ---------------------------------------------------------------------------------------


def thinned(mask):
    """The lines, one pixel wide, of a mask (H, W): Zhang and Suen 1984, Communications of the ACM 27 (3)."""
    mask = np.pad(mask, 1).astype(np.uint8)
    while True:
        before = mask.sum()
        for first in (True, False):
            around = [
                np.roll(mask, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            ]  # north, then clockwise
            count = sum(around)
            turns = sum((one == 0) & (two == 1) for one, two in zip(around, around[1:] + around[:1]))
            north, east, south, west = around[::2]
            gone = (north & east & south) | (east & south & west)
            if not first:
                gone = (north & east & west) | (north & south & west)
            mask[(mask == 1) & (count >= 2) & (count <= 6) & (turns == 1) & (gone == 0)] = 0
        if mask.sum() == before:
            return mask[1:-1, 1:-1].astype(bool)


def lines_of(pixels):
    """A picture of MNIST, uint8 (28, 28) -> segments (N, 2, 2) along the middle of its strokes, in pixels."""
    large = (
        Image.fromarray(pixels)
        .resize((168, 168), Image.Resampling.BICUBIC)
        .filter(ImageFilter.GaussianBlur(3))
    )
    ys, xs = np.nonzero(thinned(np.asarray(large) > 110))
    points = np.stack([xs, ys], 1).astype(float)
    number = {point: i for i, point in enumerate(zip(xs.tolist(), ys.tolist()))}
    ends = [
        (i, number[x + dx, y + dy])
        for (x, y), i in number.items()
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1))
        if (x + dx, y + dy) in number
    ]
    ends = np.array(ends or [(0, 0)])
    for _ in range(12):  # every point moves to the mean of its neighbours
        sums, counts = points.copy(), np.ones(len(points))
        for one, other in (ends.T, ends.T[::-1]):
            np.add.at(sums, one, points[other])
            np.add.at(counts, one, 1)
        points = sums / counts[:, None]
    return points[ends]


# --- photographs --------------------------------------------------------------------------------------------


def between(random, low, high):
    """Drawn so that all ratios are alike."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def pick(random, shares):
    names = list(shares)
    weights = np.array([shares[name] if np.isscalar(shares[name]) else shares[name][0] for name in names])
    return names[random.choice(len(names), p=weights / weights.sum())]


def noise(random, size, cells):
    """Smooth noise (H, W) with `cells` patches a side, mean 0 and deviation 1."""
    small = random.normal(0, 1, (max(2, cells * size[1] // max(size)), max(2, cells * size[0] // max(size))))
    image = Image.fromarray(small.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image)


def ruling(random, size, kind):
    """Coverage (H, W) of printed lines, a little askew."""
    step = max(size) * random.uniform(0.025, 0.08)
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    slant, width = (
        np.tan(np.radians(random.uniform(-4, 4))),
        max(1, round(max(size) * random.uniform(0.0008, 0.002))),
    )
    for y in np.arange(-size[0] * abs(slant), size[1] + size[0] * abs(slant), step):
        draw.line([0, y, size[0], y + slant * size[0]], 255, width)
    if kind == "squared":
        for x in np.arange(-size[1] * abs(slant), size[0] + size[1] * abs(slant), step):
            draw.line([x, 0, x - slant * size[1], size[1]], 255, width)
    return np.asarray(image, np.float32) / 255


def sheet(random, size):
    """Coverage (H, W) of a sheet of paper on a desk, and the box within it: (left, top, right, bottom)."""
    (width, height), margin, angle = size, random.uniform(0.06, 0.18), np.radians(random.uniform(-9, 9))
    half = np.array([width, height]) * (0.5 - margin)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    image = Image.new("L", size)
    middle = np.array(size) / 2 + random.uniform(-0.3, 0.3, 2) * margin * np.array(size)
    ImageDraw.Draw(image).polygon([tuple(point) for point in corners @ turn + middle], fill=255)
    inner = half - np.abs(np.sin(angle)) * half[::-1]
    return np.asarray(image, np.float32) / 255, (*(middle - inner), *(middle + inner))


def light(random, size):
    """(H, W): a slope from a window, and often the soft shadow of a hand or a phone."""
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    fall = 1 - random.uniform(0, 0.45) * (1 + (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)) / 2
    if random.random() < 0.5:
        angle, edge = random.uniform(0, 2 * np.pi), random.uniform(0.04, 0.2)
        across = (x * np.cos(angle) + y * np.sin(angle) - random.uniform(-0.6, 0.6)) / edge
        fall *= 1 - random.uniform(0.05, 0.35) / (1 + np.exp(-across))
    return fall


def photo(lines, random):
    """Lines of a digit -> (the bytes of a JPEG, its kind, its pen)."""
    kind, pen, side = pick(random, KINDS), pick(random, PENS), int(pick(random, SIZES))
    size = (side, 3 * side // 4) if random.random() < 0.5 else (3 * side // 4, side)
    box = (0.03 * size[0], 0.03 * size[1], 0.97 * size[0], 0.97 * size[1])
    tone = random.uniform(0.75, 0.97) if random.random() < 0.7 else random.uniform(0.5, 0.75)
    paper = np.full(size[::-1], tone, np.float32) + 0.006 * noise(random, size, 200)
    desk = None
    if kind == "desk":
        desk, box = sheet(random, size)
    if kind == "scan":
        edge = side * random.uniform(0.02, 0.08)
        box = (box[0] + edge, box[1] + edge, box[2] - edge, box[3] - edge)
    _, darkness, widths, grain = PENS[pen]
    room = min(box[2] - box[0], box[3] - box[1])
    height = room * between(random, 0.1, 0.85)
    width = max(height * between(random, *widths), 1.6 * side / 1024)
    free = [max(box[i + 2] - box[i] - height - width, 0) for i in (0, 1)]
    corner = np.array(box[:2]) + width / 2 + random.uniform(0, 1, 2) * free
    ink = inked(lines, size, height, corner, width, np.radians(random.uniform(-8, 8)))
    ink = (
        ink * np.clip(1 - grain * random.random() * np.abs(noise(random, size, 500)), 0.2, 1)
        if grain
        else ink
    )
    taken = np.array(INKS[0] if pen == "pencil" else INKS[random.integers(len(INKS))], np.float32)
    picture = paper[..., None] * (1 - random.uniform(*darkness) * ink[..., None] * taken)
    if kind in ("ruled", "squared"):
        tint = np.array([1, 0.6, 0.3] if random.random() < 0.6 else [1, 1, 1], np.float32)
        picture *= 1 - random.uniform(0.08, 0.3) * ruling(random, size, kind)[..., None] * tint
    if kind == "blackboard":
        green = np.array([0.16, 0.2, 0.17], np.float32) * random.uniform(0.6, 1.6)
        chalk = random.uniform(0.45, 0.75) * ink * (1 - 0.15 * np.abs(noise(random, size, 400))).clip(0, 1)
        picture = green + (0.02 * noise(random, size, 6) + chalk)[..., None]
    if kind == "screen":
        y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
        turns = 2 * np.pi / (random.uniform(2.2, 7) * side / 1024)
        moire = np.sin(turns * (x + 0.1 * y)) + np.sin(turns * y)
        picture *= (1 + random.uniform(0.01, 0.04) * moire)[..., None]
        if random.random() < 0.5:
            picture = 1.02 - picture
    if desk is not None:
        wood = random.uniform(0.1, 0.4) * (
            1 + 0.12 * noise(random, size, 40)[:, :1] + 0.05 * noise(random, size, 150)
        )
        picture = desk[..., None] * picture + (1 - desk[..., None]) * wood[..., None] * np.array(
            [1, 0.8, 0.6]
        )
    if kind == "scan":
        edges = [int(edge * random.uniform(0, 1)) for _ in range(4)]
        picture[: edges[0]] = picture[size[1] - edges[1] :] = 0.04
        picture[:, : edges[2]] = picture[:, size[0] - edges[3] :] = 0.04
    else:
        picture = picture * light(random, size)[..., None]
    if random.random() < 0.4:  # dust
        for _ in range(random.integers(1, 6)):
            x, y = random.uniform(0.05, 0.95, 2) * size
            r = max(0.5, 0.0015 * side * random.random())
            picture[int(y - r) : int(y + r) + 1, int(x - r) : int(x + r) + 1] *= 0.5
    return developed(picture, random, side), kind, pen


def developed(picture, random, side):
    """A picture (H, W, 3) as the camera saves it: blurred, grainy, turned and compressed."""
    image = Image.fromarray(np.uint8(255 * picture.clip(0, 1)))
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0, 1.3) * side / 1024))
    grain = random.normal(0, 255 * between(random, 0.004, 0.04), (image.height, image.width, 1)).astype(
        np.float32
    )
    image = Image.fromarray(np.uint8((np.asarray(image, np.float32) + grain).clip(0, 255)))
    turned = random.choice([1, 3, 6, 8], p=[0.55, 0.1, 0.25, 0.1])
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = int(turned)
    buffer = io.BytesIO()
    image = image.transpose(back[turned]) if turned in back else image
    image.save(buffer, "JPEG", quality=int(random.integers(60, 96)), exif=exif)
    return buffer.getvalue()


def photos(seed, count, folder=data.FOLDER):
    """(lines, digit, the bytes of a photo, kind, pen), `count` times."""
    pixels, labels = data.images("digits", folder, train=True)
    for number in range(count):
        random = np.random.default_rng([seed, number])
        if number % 4:
            row = random.integers(len(labels))
            lines, digit = lines_of(pixels[row, 0].numpy()), int(labels[row])
        else:
            digit = int(random.integers(10))
            lines = lines_through(GLYPHS[digit][0], random)
        yield lines, digit, *photo(lines, random)


# --- measures -----------------------------------------------------------------------------------------------


def stroke(picture):
    """The mean width of the strokes of a picture (28, 28): its ink, divided by the length of its lines."""
    large = np.asarray(
        Image.fromarray(picture.astype(np.float32)).resize((168, 168), Image.Resampling.BICUBIC)
    )
    mask = large > 0.5
    across = thinned(mask)
    # a step along the lines is 1 or, on the diagonal, the root of 2 long
    straight = (across[1:] & across[:-1]).sum() + (across[:, 1:] & across[:, :-1]).sum()
    oblique = (across[1:, 1:] & across[:-1, :-1]).sum() + (across[1:, :-1] & across[:-1, 1:]).sum()
    return mask.sum() / max(straight + np.sqrt(2) * oblique, 1) / 6


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--data", type=Path, default=data.FOLDER)
    parser.add_argument("--save", type=Path, help="a folder for the photos and what was made of them")
    args = parser.parse_args()
    torch.set_num_threads(1)
    judge = Classifier.from_pretrained("pretrained/classifier/digits")

    def read(picture):
        return judge(torch.from_numpy(picture)[None]).argmax().item()

    tally = collections.defaultdict(lambda: [0, 0, 0])  # by kind and pen: photos, refused, right
    prepared, times, on_the_pad = [], [], 0
    for number, (lines, digit, file, kind, pen) in enumerate(photos(args.seed, args.count, args.data)):
        on_the_pad += read(drawn(lines).numpy()) == digit
        began = time.perf_counter()
        try:
            picture = upload(file, "digits")[0]
        except UserError as error:
            picture, said = None, error.key
        times.append(time.perf_counter() - began)
        right = picture is not None and read(picture) == digit
        for group in (kind, pen):
            tally[group][0] += 1
            tally[group][1] += picture is None
            tally[group][2] += right
        if picture is not None:
            prepared.append(picture)
        if args.save:
            args.save.mkdir(parents=True, exist_ok=True)
            told = said if picture is None else read(picture)
            name = f"{number:03}-{digit}-{kind}-{pen}-{told}"
            (args.save / f"{name}.jpg").write_bytes(file)
            if picture is not None:
                Image.fromarray(np.uint8(255 * picture[0])).save(args.save / f"{name}.png")
    report(tally, prepared, times, on_the_pad, args)


def strokes(pictures):
    """The mean and the median width of the strokes of pictures (N, 28, 28), in words."""
    widths = [stroke(picture) for picture in pictures]
    return f"{np.mean(widths):.2f} pixels wide in the mean, {np.median(widths):.2f} in the middle"


def report(tally, prepared, times, on_the_pad, args):
    for group, (count, refused, right) in tally.items():
        print(f"{group:12} {count:4} photos, {refused:3} refused, {right:3} read rightly")
    refused, right = (sum(tally[pen][i] for pen in PENS) for i in (1, 2))
    print(
        f"seed {args.seed}: {args.count} photos, {refused} refused, {right} read rightly "
        f"({100 * right / args.count:.1f} %); the same digits drawn on the pad: {100 * on_the_pad / args.count:.1f} %"
    )
    pixels = data.images("digits", args.data, train=True)[0][:1000, 0].numpy() / 255
    ours = np.concatenate(prepared) if prepared else np.zeros((1, 28, 28))
    print(f"{len(ours)} prepared pictures: mean ink {ours.mean():.3f}, strokes {strokes(ours)}")
    print(f"{len(pixels)} of MNIST's: mean ink {pixels.mean():.3f}, strokes {strokes(pixels)}")
    print(f"a photo takes {np.median(times):.2f} s, the slowest {max(times):.2f} s")


if __name__ == "__main__":
    main()
