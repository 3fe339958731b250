"""Finds handwriting on a photograph: where it is, whether it is darker or lighter than what it is written on.

The light on a page is uneven, a desk or a scanner's black border may surround it, lines may be printed on it, and the
ink may be faint or cover a thousandth of the picture. So strokes are searched as what is thinner than its
surroundings (a morphological hat: Serra 1982, "Image Analysis and Mathematical Morphology"), at several
thresholds, and the largest that has sharp edges all around counts. A small one is looked at again from closer.

Greys are float32 arrays (H, W) in [0, 1]; a hat is the contrast of a stroke with its surroundings, in the same unit.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 640  # pixels: the longest side of a picture in which strokes are searched
WIDEST = 0.3  # of the longest side: a stroke is thinner than this
THIN = 0.06  # of the longest side: most strokes are thinner than this
SMALLEST = 0.01  # of the longest side: what is smaller is dust
LOWEST_SCORE = 0.0015  # contrast times share of the longest side: a dot of ink has 0.005
FAINTEST = 0.025  # contrast: what is fainter cannot be told from the paper
CLOSE = 0.3  # of the longest side: handwriting that is smaller is looked at from closer
NEIGHBOUR = 0.12  # of a stroke's longest side: strokes that lie nearer belong together
ALL_AROUND = np.ones((3, 3), bool)


@dataclass
class Strokes:
    """Handwriting on a picture. `ink` is (H, W) in [0, 1], 0 around the strokes, which lie within `box`."""

    ink: np.ndarray
    box: tuple[int, int, int, int]  # top, bottom, left, right
    score: float
    solid: bool  # a blot rather than strokes
    dark: bool = False

    @property
    def extent(self):
        top, bottom, left, right = self.box
        return max(bottom - top, right - left)

    def cut(self):
        """The ink within the box."""
        top, bottom, left, right = self.box
        return self.ink[top:bottom, left:right]

    def surrounds(self, other):
        (top, bottom, left, right), (t, b, l, r) = self.box, other.box
        return top <= t and b <= bottom and left <= l and r <= right


def handwriting(image, dark=None):
    """The Strokes on a grey Pillow image, or None. dark: whether it is known that they are darker than the paper."""
    found = look(image, dark)
    if found is None or found.extent >= CLOSE * max(found.ink.shape):
        return found
    scale = max(image.size) / max(found.ink.shape)
    top, bottom, left, right = found.box
    margin = (1.5 if found.solid else 0.6) * found.extent  # a blot, too, must be thinner than WIDEST
    corner = [max(0, round(scale * (side - margin))) for side in (left, top)]
    end = [min(most, round(scale * (side + margin))) for side, most in zip((right, bottom), image.size)]
    closer = look(image.crop((*corner, *end)), found.dark)
    return closer if closer and closer.extent > 0.2 * max(closer.ink.shape) else found


def look(image, dark):
    """The Strokes on a grey Pillow image, at most SIDE large, or None."""
    image = image.copy()
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(image, np.float32) / 255
    grey = ndimage.gaussian_filter(grey, max(grey.shape) / SIDE)
    tried = (True, False) if dark is None else (dark,)
    for contrast in (stroke_contrast, border_contrast):
        found = [largest(contrast(grey, is_dark), grey, is_dark) for is_dark in tried]
        if any(found):
            return better(*filter(None, found))
    return None


def better(one, other=None):
    """Of the dark strokes and the light ones on a picture those that were written."""
    if other is None:
        return one
    # the loop of a 0 is light as well, and so is a note on a desk: strokes count, whether they lie in or around a blot
    for outer, inner in ((one, other), (other, one)):
        if outer.surrounds(inner) and inner.score > 0.05 * outer.score:
            return inner if outer.solid else outer
    return max(one, other, key=lambda strokes: strokes.score)


def stroke_contrast(grey, dark):
    """How much each pixel differs from what surrounds it, for shapes thinner than WIDEST; noise is about 0."""
    picture = -grey if dark else grey
    side = max(picture.shape)
    window, thin = round(WIDEST * side) | 1, round(THIN * side) | 1
    # without thin strokes of the other kind, which would part the paper into narrow shapes
    around = ndimage.grey_closing(picture, (thin, thin))
    around = np.pad(around, window, "edge")  # so that a desk beside the sheet is no stroke
    contrast = picture - ndimage.grey_opening(around, (window, window))[window:-window, window:-window]
    return without_ruling(contrast - np.median(contrast[::3, ::3]))


def border_contrast(grey, dark):
    """How much each pixel differs from the outermost ones, for shapes wider than WIDEST."""
    outermost = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = grey - np.median(outermost)
    return without_ruling(-contrast if dark else contrast)


def without_ruling(contrast):
    """Subtract lines that cross the whole page, as on ruled and squared paper."""
    return contrast - np.maximum(printed_lines(contrast), printed_lines(contrast.T).T)


def printed_lines(contrast):
    """The contrast (H, W) of nearly horizontal lines that cross the page, 0 elsewhere."""
    height, width = contrast.shape
    printed = np.zeros_like(contrast)
    positive = np.maximum(contrast, 0)
    rows, columns = sheared(height, width, slope_of_lines(positive))
    level = positive[rows, columns]
    lines = ndimage.grey_opening(ndimage.maximum_filter(level, (3, 1)), (1, max(9, width // 8)))
    lines = np.minimum(lines, level)
    labels, _ = ndimage.label(lines > max(FAINTEST / 2, 3 * deviation(contrast)), ALL_AROUND)
    ends = [(columns.start, columns.stop) for _, columns in ndimage.find_objects(labels)]
    whole = [start <= 0.02 * width and stop >= 0.98 * width for start, stop in ends]
    long = [stop - start > 0.55 * width for start, stop in ends]
    if sum(long) >= 3:  # then lines that leave the page at its edge belong to them
        kept = [is_long or start == 0 or stop == width for is_long, (start, stop) in zip(long, ends)]
    else:
        kept = whole
    if any(kept):
        ruling = np.array([False, *kept])[labels]
        # an opening keeps the faintest of a run, so a line may be half as strong again; where ink crosses it, no more
        # than the line is taken away
        strength = np.where(ruling, np.minimum(lines, np.quantile(lines[ruling], 0.9)), 0)
        printed[rows, columns] = np.minimum(1.5 * ndimage.maximum_filter(strength, (3, 1)), level)
    return printed


def slope_of_lines(contrast, strips=64):
    """The slope, up to 7 degrees, along which the rows of a contrast (H, W) differ most from one another."""
    height, width = contrast.shape
    capped = np.minimum(contrast, np.quantile(contrast[::3, ::3], 0.98))
    edges = np.linspace(0, width, strips, endpoint=False).astype(int)
    small = np.add.reduceat(capped, edges, axis=1)
    slopes = np.linspace(-0.12, 0.12, 49)
    return max(slopes, key=lambda slope: small[sheared(height, strips, slope * width / strips)].mean(1).var())


def sheared(height, width, slope):
    """Indices (rows, columns) of a picture whose lines of this slope they turn horizontal."""
    columns = np.arange(width)
    rows = np.arange(height)[:, None] + np.rint(slope * (columns - width / 2)).astype(int)
    return rows % height, np.broadcast_to(columns, rows.shape)


def deviation(values):
    """The standard deviation of the noise in an array (H, W): robust, as strokes are a small part of it."""
    some = values[::3, ::3]
    return 1.4826 * float(np.median(np.abs(some - np.median(some))))


def largest(contrast, grey, dark):
    """The best Strokes in a contrast (H, W), or None. `dark`: whether they are darker than what surrounds them."""
    side = max(contrast.shape)
    lowest = max(FAINTEST, 5 * deviation(contrast))
    highest = 0.7 * float(contrast.max())
    if highest < lowest:
        return None
    picture = -grey if dark else grey
    steepness = ndimage.maximum_filter(grey, 7) - ndimage.minimum_filter(grey, 7)
    best, part, mean, level = LOWEST_SCORE, None, 0, 0
    for threshold in np.geomspace(highest, lowest, 9):
        labels, count = ndimage.label(contrast > threshold, ALL_AROUND)
        places = ndimage.find_objects(labels)
        means = ndimage.mean(contrast, labels, np.arange(1, count + 1))
        scores = [mean * reach(place) / side for mean, place in zip(means, places)]
        for i in sorted(range(count), key=lambda i: -scores[i])[:6]:
            if reach(places[i]) < max(SMALLEST * side, 3) or scores[i] <= best:
                continue
            one = labels == i + 1
            score = scores[i] * worth(one, places[i], picture, steepness, means[i])
            if score > best and is_solid(one[places[i]]):
                score *= 0.3
            if score > best:
                best, part, mean, level = score, one, means[i], threshold
    if part is None:
        return None
    mask = grouped(part, contrast, level, mean)
    weaker = grouped(part, contrast, max(lowest, min(level, 0.4 * mean)), mean)
    place = ndimage.find_objects(weaker.astype(int))[0]
    if (
        worth(weaker, place, picture, steepness, contrast[weaker].mean()) * reach(place) * mean / side
        > 0.8 * best
    ):
        mask = weaker
    return strokes_of(mask, contrast, best, dark)


def strokes_of(mask, contrast, score, dark):
    """The Strokes at the true pixels of a mask, with soft edges."""
    peak = np.quantile(contrast[mask], 0.7)
    around = ndimage.binary_dilation(mask, ALL_AROUND, 2)
    ink = np.where(around, ((contrast / peak - 0.25) / 0.5).clip(0, 1), 0).astype(np.float32)
    rows, columns = ndimage.find_objects((ink > 0).astype(int))[0]
    solid = is_solid(mask[rows, columns])
    return Strokes(ink, (rows.start, rows.stop, columns.start, columns.stop), float(score), solid, dark)


def reach(place):
    """The longest side of a place (rows, columns)."""
    rows, columns = place
    return max(rows.stop - rows.start, columns.stop - columns.start)


def worth(part, place, picture, steepness, mean):
    """From 0 to 1: whether a part has sharp edges all around, and whether the edge of the picture cuts it.

    mean: of its contrast.
    """
    (rows, columns), (height, width) = place, picture.shape
    cuts = (rows.start == 0) + (rows.stop == height) + (columns.start == 0) + (columns.stop == width)
    wide = tuple(slice(max(0, side.start - 4), side.stop + 4) for side in place)
    part, picture, steepness = part[wide], picture[wide], steepness[wide]
    rim = part & ~ndimage.binary_erosion(part, ALL_AROUND, border_value=1)
    near = ndimage.binary_dilation(part, ALL_AROUND, 3)
    ring = ndimage.binary_dilation(near, ALL_AROUND) & ~near
    if not ring.any():
        return 0.0
    # beyond a sharp edge, a few pixels away, lies something else, in the same light
    rise = ndimage.maximum_filter(np.where(part, picture, -2), 9)[ring] - picture[ring]
    sharp = min((rise > 0.4 * mean).mean(), (steepness[rim] > 0.3 * mean).mean())
    return max(0.0, (float(sharp) - 0.8) / 0.2) * (1, 0.3, 0.05, 0.02, 0.01)[cuts]


def is_solid(part):
    """Whether a part (H, W) within its own box is a blot rather than a stroke."""
    return bool(2 * ndimage.distance_transform_edt(np.pad(part, 1)).max() > 0.35 * max(part.shape))


def grouped(part, contrast, threshold, mean):
    """The mask of a part and of those parts close to it that are about as strong, such as the bar of a 5."""
    labels, count = ndimage.label(contrast > threshold, ALL_AROUND)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    means = np.bincount(labels.ravel(), contrast.ravel(), minlength=count + 1) / np.maximum(sizes, 1)
    chosen = np.zeros(count + 1, bool)
    chosen[np.unique(labels[part])] = True
    for _ in range(3):
        chosen[0] = False
        mask = chosen[labels]
        gap = NEIGHBOUR * reach(ndimage.find_objects(mask.astype(int))[0])
        near = np.unique(labels[ndimage.distance_transform_edt(~mask) <= gap])
        chosen[near[(means[near] > 0.5 * mean) & (sizes[near] > 0.01 * mask.sum())]] = True
    chosen[0] = False
    return chosen[labels]


def thickened(ink, box=20, stroke=2.5):
    """Ink (H, W), cut out -> the same at about 200 pixels, its strokes at least as thick as MNIST's.

    box, stroke: pixels. MNIST's digits fill 20 pixels; the median stroke of its first 1,500 training pictures is 2.5
    pixels wide, as `width` measures it. Thicker strokes stay as they are.
    """
    image = Image.fromarray(ink)
    scale = 200 / max(image.size)
    size = [max(1, round(scale * side)) for side in image.size]
    ink = np.asarray(image.resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    # of L pixels, w thick, w + 2r must be the share stroke / box of L + 2r
    share = stroke / box
    grow = max(0.0, (share * max(ink.shape) - width(ink)) / (1 - share) / 2)
    ink = np.pad(ink, int(grow) + 2)
    distance = ndimage.distance_transform_edt(ink <= 0.5)
    return np.maximum(ink, (grow + 1 - distance).clip(0, 1)) if grow else ink


def width(ink):
    """The mean width of strokes in pixels: four times the mean distance from their edge."""
    mask = np.pad(ink > 0.5, 1)
    return 4 * (ndimage.distance_transform_edt(mask)[mask].mean() - 0.5)
