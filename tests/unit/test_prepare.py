"""Drawings and uploads prepared as the training pictures were, and every file that cannot be."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from demo import ink, prepare
from demo.checks import UserError
from demo.text import LANGUAGES, texts
from models.pictures import Pictures

FORMATS = ("PNG", "JPEG", "WEBP")
BLACK_ON_WHITE, WHITE_ON_BLACK = ("white", "black"), ("black", "white")


def file(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sheet(*boxes, size=(112, 112), colors=WHITE_ON_BLACK, mode="L"):
    """A picture with filled boxes (left, top, right, bottom), the last pixel not among them."""
    background, ink = colors
    image = Image.new(mode, size, background)
    for left, top, right, bottom in boxes:
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), fill=ink)
    return image


def bounds(picture, floor=0.0):
    """(left, top, right, bottom) of what is brighter than `floor` in (1, 28, 28)."""
    rows, columns = (np.flatnonzero((picture[0] > floor).any(axis)) for axis in (1, 0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def center_of_mass(picture):
    """(across, down) in pixels, counted from 0."""
    grey, at = picture[0].astype(float), np.arange(picture.shape[-1])
    return (grey.sum(0) * at).sum() / grey.sum(), (grey.sum(1) * at).sum() / grey.sum()


def digit(text="4", size=90, colors=WHITE_ON_BLACK, canvas=(112, 112), mode="L"):
    image = Image.new(mode, canvas, colors[0])
    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text((canvas[0] / 2, canvas[1] / 2), text, fill=colors[1], font=font, anchor="mm")
    return image


# --- MNIST's procedure ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box, width, height",
    [
        ((50, 50, 51, 51), 20, 20),  # one pixel
        ((3, 70, 23, 90), 20, 20),  # a square in a corner: 20 pixels as they are
        ((50, 10, 60, 110), 2, 20),  # a tall bar, 10 x 100, is divided by 5
        ((6, 40, 106, 60), 20, 4),  # a wide bar, 100 x 20
        ((80, 0, 112, 64), 10, 20),  # at the edge of the paper
        ((30, 10, 31, 110), 1, 20),  # thinner than a pixel: never lost
    ],
)
def test_a_box_is_fitted_into_20_pixels_in_its_own_proportions(box, width, height):
    picture = prepare.drawing(file(sheet(box)))
    assert picture.shape == (1, 28, 28) and picture.dtype == np.float32
    left, top, right, bottom = bounds(picture)
    assert (right - left, bottom - top) == (width, height)
    # a full box weighs the same everywhere, so its middle is its centre of mass: within half a pixel of pixel 14
    assert center_of_mass(picture) == pytest.approx((14, 14), abs=0.5)
    assert picture.max() == 1 and np.unique(picture[picture > 0]).tolist() == [1]


def test_the_centre_is_that_of_mass_and_not_of_the_box():
    # an L, 40 x 80, of an upright (10 x 80) and a foot (30 x 10): a quarter of it is a 10 x 20 box
    picture = prepare.drawing(file(sheet((10, 10, 20, 90), (20, 80, 50, 90))))
    left, top, right, bottom = bounds(picture)
    assert (right - left, bottom - top) == (10, 20)
    assert center_of_mass(picture) == pytest.approx((14, 14), abs=0.5)
    # mass / 100: upright 8 at (5, 40), foot 3 at (25, 75); the mean, (10.5, 49.5), lies left of and below the
    # middle (20, 40), so the box lies right of and above the middle of the picture
    assert (left + right) / 2 > 15 and (top + bottom) / 2 < 14


def test_where_and_how_large_it_was_drawn_changes_nothing():
    pictures = [
        prepare.drawing(file(sheet((x, y, x + 3 * k, y + k), (x, y, x + k, y + 4 * k), size=(200, 200))))
        for x, y, k in ((0, 0, 20), (70, 90, 20), (100, 5, 15), (11, 13, 40))
    ]
    assert all(np.abs(picture - pictures[0]).max() < 0.1 for picture in pictures)


def test_edges_are_anti_aliased_and_the_ink_reaches_white():
    picture = prepare.drawing(file(digit()))
    greys = picture[(picture > 0) & (picture < 1)]
    assert len(greys) > 20 and picture.max() == 1
    assert bounds(picture)[3] - bounds(picture)[1] == 20


def test_faint_ink_becomes_white():
    faint = file(digit().point(lambda grey: grey // 3))
    assert np.abs(prepare.drawing(faint) - prepare.drawing(file(digit()))).max() < 0.03


def test_a_prepared_picture_prepared_again_stays_as_it_is():
    once = prepare.drawing(file(sheet((50, 10, 60, 110), (50, 60, 90, 70))))
    again = prepare.drawing(file(Image.fromarray((255 * once[0]).astype(np.uint8))))
    assert np.array_equal(once, again)


def test_mass_far_from_the_middle_is_never_cut_off():
    # a block, 40 x 40, with a tail, 2 x 100: the mass lies at one end
    picture = prepare.drawing(file(sheet((10, 0, 50, 12), (29, 12, 31, 112))))
    left, top, right, bottom = bounds(picture)
    assert bottom - top == 20 and top >= 0 and bottom <= 28 and left >= 0 and right <= 28


# --- uploads of digits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("colors, inverted", [(BLACK_ON_WHITE, True), (WHITE_ON_BLACK, False)])
def test_an_uploaded_digit_is_light_on_dark_whatever_it_was(kind, colors, inverted):
    data = file(digit(colors=colors, mode="RGB", canvas=(300, 200)), kind)
    picture, done = prepare.upload(data, "digits")
    assert done == {"inverted": inverted, "cropped": True, "middle": False, "first_frame": False}
    assert np.abs(picture - prepare.drawing(file(digit()))).mean() < 0.05
    assert center_of_mass(picture) == pytest.approx((14, 14), abs=0.5)


def test_the_visitor_may_turn_it_around():
    data = file(digit(colors=BLACK_ON_WHITE))
    automatic, done = prepare.upload(data, "digits")
    assert done["inverted"] and np.array_equal(automatic, prepare.upload(data, "digits", "yes")[0])
    left_alone, done = prepare.upload(data, "digits", "no")
    assert not done["inverted"] and left_alone.mean() > automatic.mean()


def test_paper_is_ink_if_the_visitor_says_so():
    # a black bar of 20 of 300 columns, and white around it
    data = file(sheet((140, 40, 160, 160), size=(300, 200), colors=BLACK_ON_WHITE))
    picture, done = prepare.upload(data, "digits", "no")
    left, top, right, bottom = bounds(picture)
    assert not done["inverted"] and (right - left, bottom - top) == (20, 13)  # 300 x 200 in 20 pixels
    assert picture[0, 14, 14] < 0.5


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (250, 220, 60)])
def test_ink_on_nothing_comes_out_whatever_its_colour(ink):
    transparent = digit(colors=((0, 0, 0, 0), (*ink, 255)), mode="RGBA")
    picture, _ = prepare.upload(file(transparent), "digits")
    assert np.abs(picture - prepare.drawing(file(digit()))).mean() < 0.05


def test_grain_and_shade_of_a_photographed_page_are_not_ink():
    random = np.random.default_rng(0)
    across = np.linspace(0.5, 0.95, 600)[None].repeat(500, 0)  # a lamp on the right
    ink = np.asarray(digit(size=260, canvas=(600, 500))) / 255
    page = across * (1 - 0.85 * ink) + random.normal(0, 0.02, across.shape)
    photo = Image.fromarray((255 * page.clip(0, 1)).astype(np.uint8))
    picture, done = prepare.upload(file(photo, "JPEG"), "digits")
    assert done["inverted"] and np.abs(picture - prepare.drawing(file(digit()))).mean() < 0.06


def test_a_turned_photograph_is_turned_back():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    upright = digit(size=80, canvas=(200, 120), colors=BLACK_ON_WHITE)
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    expected = prepare.upload(file(upright, "JPEG"), "digits")[0]
    assert np.abs(prepare.upload(file(lying, "JPEG", exif=exif), "digits")[0] - expected).mean() < 0.03


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken_and_said(kind):
    frames = [digit("7", mode="RGB"), digit("2", mode="RGB")]
    data = file(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    picture, done = prepare.upload(data, "digits")
    assert done["first_frame"]
    assert np.abs(picture - prepare.upload(file(frames[0]), "digits")[0]).mean() < 0.03


# --- photographs of digits --------------------------------------------------------------------------------

SEVEN = [(0.1, 0.1), (0.8, 0.08), (0.5, 0.5), (0.38, 0.95)]  # x and y, as shares of its box
WIDTH, HEIGHT = 800, 600


def written(pen=8, box=(250, 150, 300), size=(WIDTH, HEIGHT)):
    """How much ink lies on each pixel (H, W) of a 7 in a square box (left, top, side)."""
    left, top, side = box
    image = Image.new("L", (2 * size[0], 2 * size[1]))
    points = [(2 * (left + side * x), 2 * (top + side * y)) for x, y in SEVEN]
    draw = ImageDraw.Draw(image)
    draw.line(points, 255, max(1, 2 * pen), joint="curve")
    for x, y in points:
        draw.ellipse((x - pen, y - pen, x + pen, y + pen), 255)
    return np.asarray(image.reduce(2), np.float32) / 255


def photographed(picture, kind="JPEG", noise=0.01, **options):
    """A picture (H, W) in [0, 1] -> the bytes of a file, with a camera's grain."""
    grain = np.random.default_rng(0).normal(0, noise, picture.shape)
    return file(Image.fromarray(np.uint8(255 * (picture + grain).clip(0, 1))), kind, **options)


DOWN, ACROSS = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
LAMP = 0.95 - 0.5 * ACROSS  # light falls from the left
HAND = 1 - 0.4 / (1 + np.exp((DOWN - 0.55) / 0.02))  # the soft shadow of a hand, across the digit


def on(paper, darkness=0.6, **how):
    return paper * (1 - darkness * written(**how))


def printed(step, down=False, strength=0.2):
    """Paper with lines, two pixels wide and a little askew."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    lines = (y + 0.02 * x) % step < 2
    return 0.95 - strength * (lines | (down & ((x - 0.02 * y) % step < 2)))


def within(outside, inside, margin=70):
    """A picture with another one around it."""
    whole = np.broadcast_to(outside, inside.shape).copy()
    whole[margin:-margin, margin:-margin] = inside[margin:-margin, margin:-margin]
    return whole


def turned_sheet():
    """A sheet on a dark desk with grain, askew."""
    paper = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(paper).polygon([(90, 60), (730, 100), (700, 550), (60, 510)], 255)
    shape = np.asarray(paper) / 255
    desk = 0.2 + 0.03 * np.sin(60 * DOWN + 3 * np.sin(5 * ACROSS))
    return shape * on(0.9) + (1 - shape) * desk


def dusty():
    picture = on(0.9)
    for y, x in ((40, 60), (520, 90), (300, 720), (90, 400)):
        picture[y : y + 3, x : x + 3] = 0.2
    return picture


PHOTOS = {
    "a ball-pen in good light": on(0.95),
    "a thin pen on grey paper": on(0.6, pen=2),
    "a pencil": on(0.85, 0.25, pen=3),
    "a marker": on(0.9, 0.85, pen=36),
    "a pen in uneven light": on(LAMP),
    "a pencil in uneven light": on(LAMP, 0.3, pen=4),
    "a pencil in the shadow of a hand": on(0.9 * HAND, 0.35, pen=4),
    "a sheet on a desk": turned_sheet(),
    "a scan with a black border": within(0.02, on(0.95), 30),
    "ruled paper": on(printed(28)),
    "squared paper": on(printed(32, True)),
    "a pencil on ruled paper": on(printed(28, strength=0.12), 0.4, pen=4),
    "dust": dusty(),
    "white chalk on a blackboard": 0.2 + 0.1 * ACROSS + 0.5 * written(),
    "a light digit on a dark screen": 0.1 + 0.7 * written() + 0.03 * np.sin(2.1 * WIDTH * ACROSS),
    "a dark digit on a screen": on(0.9 + 0.04 * np.sin(1.1 * WIDTH * ACROSS) * np.sin(HEIGHT * DOWN)),
    "a small digit": on(0.9, pen=2, box=(600, 420, 40)),
    "a digit as large as the page": on(0.9, pen=24, box=(110, 15, 570)),
}


def likeness(one, other):
    """The cosine of the angle between two pictures."""
    return (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())


@pytest.fixture(scope="module")
def seven():
    """The same 7 as the drawing pad gives it, with a pen of 2.8 pixels in 20."""
    return prepare.drawing(file(Image.fromarray(np.uint8(255 * written(pen=42)))))


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photographed_digit_is_as_if_drawn_on_the_pad(name, seven):
    picture, done = prepare.upload(photographed(PHOTOS[name]), "digits")
    assert likeness(picture, seven) > 0.85
    assert done["inverted"] == ("chalk" not in name and "light digit" not in name) and done["cropped"]
    assert center_of_mass(picture) == pytest.approx((14, 14), abs=0.6)


@pytest.mark.parametrize("pen", [2, 4, 8, 16, 40])
def test_strokes_are_at_least_as_thick_as_those_of_mnist(pen):
    picture = prepare.upload(photographed(on(0.9, pen=pen)), "digits")[0]
    # the widest pen takes 40 of the 300 + 40 pixels of the 7: 2.4 of 20
    large = Image.fromarray(picture[0]).resize((280, 280), Image.Resampling.BICUBIC)
    assert ink.width(np.asarray(large)) / 10 == pytest.approx(2.5, abs=0.5)


def test_a_pencil_of_one_pixel_is_kept_whole(seven):
    image = Image.new("1", (400, 400), 1)
    ImageDraw.Draw(image).line([(50 + 300 * x, 50 + 300 * y) for x, y in SEVEN], 0, 1)
    assert likeness(prepare.upload(file(image), "digits")[0], seven) > 0.85


@pytest.mark.parametrize("low, high", [(18_000, 51_000), (1_000, 4_095), (0, 65_535)])
def test_a_scan_of_16_bits_is_read_whatever_part_of_them_it_uses(low, high, seven):
    levels = high - (high - low) * written()
    data = file(Image.fromarray(levels.astype(np.uint16)))
    assert likeness(prepare.upload(data, "digits")[0], seven) > 0.85


def test_a_dot_is_a_digit_s_ink_too():
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    dot = (down - 250) ** 2 + (across - 500) ** 2 < 12**2
    picture = prepare.upload(photographed(0.9 - 0.6 * dot), "digits")[0]
    # a disc, 20 pixels wide, has 314
    assert bounds(picture, 0.5)[2] - bounds(picture, 0.5)[0] == pytest.approx(20, abs=2)
    assert picture.sum() == pytest.approx(314, rel=0.15)


@pytest.mark.parametrize(
    "picture",
    [np.full((HEIGHT, WIDTH), 0.8), LAMP, 0.9 * HAND, printed(28), printed(32, True), np.full((90, 90), 0.3)],
    ids=["paper", "a lamp", "a shadow", "ruled", "squared", "a small one"],
)
def test_a_page_without_ink_is_refused_and_what_helps_is_said(picture):
    with pytest.raises(UserError) as mistake:
        prepare.upload(photographed(picture, noise=0.015), "digits")
    assert mistake.value.key == "error.vae_upload_no_ink"
    for language, words in {"en": ("closer", "pen", "light"), "pt-BR": ("perto", "caneta", "luz")}.items():
        sentence = texts(language)[mistake.value.key]
        assert all(word in sentence for word in words) and sentence.endswith(".")


def test_a_large_picture_of_one_colour_is_told_so():
    with pytest.raises(UserError) as mistake:
        prepare.upload(file(Image.new("RGB", (400, 300), "#d8d8d0")), "digits")
    assert mistake.value.key == "error.vae_upload_flat"


# --- uploads of the other sets ----------------------------------------------------------------------------


@pytest.mark.parametrize("box, width, height", [((100, 40, 180, 240), 11, 28), ((20, 100, 300, 180), 28, 8)])
def test_a_garment_fills_the_picture_from_edge_to_edge(box, width, height):
    data = file(sheet(box, size=(320, 280), colors=("#fdfdfd", "#404040"), mode="RGB"), "JPEG", quality=95)
    picture, done = prepare.upload(data, "fashion")
    left, top, right, bottom = bounds(picture, 0.5)
    # 80 x 200 becomes 11.2 x 28, and 280 x 80 becomes 28 x 8
    assert (right - left, bottom - top) == pytest.approx((width, height), abs=1)
    assert abs(left + right - 28) <= 1 and abs(top + bottom - 28) <= 1
    assert done["inverted"] and done["cropped"] and picture[0, 0, 0] == 0 and picture.max() > 0.95


def test_a_garment_of_fashion_mnist_photographed_on_white_is_itself_again():
    original = Pictures.from_pretrained("pretrained/pictures/fashion").picture(8, 0)
    large = Image.fromarray((255 - 255 * original[0]).astype(np.uint8)).resize(
        (224, 224), Image.Resampling.BOX
    )
    page = Image.new("L", (300, 300), "white")
    page.paste(large, (40, 30))
    picture, done = prepare.upload(file(page), "fashion")
    assert done["inverted"] and np.abs(picture - original).mean() < 0.06


def test_an_emoji_lies_on_white_in_its_own_colours():
    image = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 20, 119, 119), fill=(255, 200, 0, 255))
    picture, done = prepare.upload(file(image), "emoji")
    assert picture.shape == (3, 64, 64) and done["cropped"] and not done["inverted"]
    assert picture[:, 0, 0].tolist() == [1, 1, 1]
    assert picture[:, 32, 32] == pytest.approx([1, 200 / 255, 0], abs=0.02)
    yellow = np.flatnonzero(picture[2, 32] < 0.5)
    assert yellow[0] == pytest.approx(4, abs=1) and yellow[-1] == pytest.approx(59, abs=1)  # 56 of 64 pixels


def test_a_photograph_for_emoji_is_cut_to_the_square_in_its_middle():
    photo = Image.new("RGB", (300, 100), "red")
    photo.paste("blue", (100, 0, 200, 100))
    photo.paste("black", (100, 0, 200, 50))
    picture, done = prepare.upload(file(photo), "emoji")
    assert done["middle"] and not done["cropped"]
    assert picture[:2].max() < 0.02 and picture[2, :30].max() < 0.02 and picture[2, 34:].min() > 0.98


def test_of_a_set_of_one_s_own_the_square_in_the_middle_is_said_to_be_taken():
    wide = sheet((400, 100, 500, 200), size=(900, 300), colors=BLACK_ON_WHITE)
    picture, done = prepare.upload(file(wide), "shapes")
    assert done == {"inverted": False, "cropped": False, "middle": True, "first_frame": False}
    assert picture[0, 14, 14] < 0.1
    assert not prepare.upload(file(sheet((10, 10, 30, 30))), "shapes")[1]["middle"]


@pytest.mark.parametrize("dataset", ["shapes", "emoji"])
@pytest.mark.parametrize("size", [(900, 300), (300, 900)])
def test_a_picture_with_an_empty_middle_is_refused(dataset, size):
    grey = Image.new("RGB", size, "#c0c0c0")  # no white border, so that nothing is cut out
    ImageDraw.Draw(grey).ellipse((10, 10, 210, 210), fill="black")
    with pytest.raises(UserError) as mistake:
        prepare.upload(file(grey), dataset)
    assert mistake.value.key == "error.vae_upload_middle"
    for language in LANGUAGES:
        assert texts(language)["error.vae_upload_middle"].endswith(".")


def test_an_emoji_whose_middle_square_is_taken_is_not_said_to_be_cut_out():
    gradient = np.linspace(90, 160, 900)[None].repeat(300, 0).astype(np.uint8)
    photo = Image.fromarray(gradient).convert("RGB")
    ImageDraw.Draw(photo).ellipse((10, 50, 210, 250), fill="black")
    picture, done = prepare.upload(file(photo), "emoji")
    assert done["middle"] and not done["cropped"] and picture.min() > 0.3  # without the disc


@pytest.mark.parametrize("dataset, shape", [("digits", (1, 28, 28)), ("emoji", (3, 64, 64))])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_is_read(mode, dataset, shape):
    image = digit(colors=BLACK_ON_WHITE)
    image = (
        image.convert("I").point(lambda v: v * 257).convert(mode) if mode == "I;16" else image.convert(mode)
    )
    picture, _ = prepare.upload(file(image), dataset)
    assert picture.shape == shape and picture.min() >= 0 and picture.max() <= 1 and np.ptp(picture) > 0.9


# --- what cannot be prepared ------------------------------------------------------------------------------

PLAIN = file(digit(mode="RGB"), "PNG")
BAD = {
    "error.vae_upload_kind": [b"", b"Dear model, this is a 3.", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    "error.vae_upload_damaged": [PLAIN[:200], PLAIN[:20], file(digit(mode="RGB"), "JPEG")[:700]],
    "error.vae_upload_gif": [file(digit(), "GIF")],
    "error.vae_upload_flat": [file(Image.new("RGB", (40, 40), c)) for c in ("white", "black", "#3377aa")]
    + [file(Image.new("RGBA", (40, 40), (0, 0, 0, 0))), file(Image.new("L", (1, 1), 9))],
    "error.vae_upload_pixels": [file(Image.new("1", (10_000, 10_000)))],
    "error.vae_upload_bytes": [PLAIN + bytes(prepare.LARGEST_FILE)],
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("dataset", ["digits", "fashion", "emoji", "shapes"])
@pytest.mark.parametrize("key", BAD)
def test_a_bad_file_is_told_apart_in_one_sentence(dataset, key):
    for data in BAD[key]:
        with pytest.raises(UserError) as mistake:
            prepare.upload(data, dataset)
        assert mistake.value.key == key
        for language in LANGUAGES:
            sentence = texts(language)[key].format(**mistake.value.values)
            assert sentence.endswith(".") and "{" not in sentence and len(sentence) < 140


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_picture_is_refused_before_it_takes_memory():
    data = file(Image.new("L", (10_000, 10_000)))
    tracemalloc.start()
    with pytest.raises(UserError):
        prepare.upload(data, "digits")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_stroke_thinner_than_a_pixel_keeps_its_greys():
    # 2 x 100 pixels, half as bright below: a column of 20 pixels, 10 of them white and 10 grey
    image = sheet((30, 5, 32, 105))
    ImageDraw.Draw(image).rectangle((30, 55, 31, 104), fill=128)
    column = prepare.drawing(file(image))[0].max(1)
    column = column[column > 0]
    assert len(column) == 20 and column[:9].min() == 1
    assert column[11:] == pytest.approx(np.full(9, 128 / 255), abs=0.01)


@pytest.mark.parametrize("image", [Image.new("L", (112, 112)), Image.new("RGBA", (9, 9), (0, 0, 0, 0))])
def test_an_empty_drawing_is_told(image):
    with pytest.raises(UserError) as mistake:
        prepare.drawing(file(image))
    assert mistake.value.key == "error.vae_drawing_empty"


@pytest.mark.parametrize("arguments", [("shapes", "perhaps"), ("digits", "perhaps"), ("digits", None)])
def test_a_wrong_choice_is_a_mistake(arguments):
    with pytest.raises(UserError):
        prepare.upload(PLAIN, *arguments)


def test_no_damage_gets_past_the_sentences():
    random = np.random.default_rng(1)
    for kind in FORMATS:
        whole = file(digit(mode="RGB"), kind)
        for _ in range(60):
            data = bytearray(whole)
            for at in random.integers(0, len(data), 3):
                data[at] = random.integers(256)
            try:
                picture, _ = prepare.upload(bytes(data[: random.integers(1, len(data))]), "digits")
            except UserError:
                continue
            assert np.isfinite(picture).all()
