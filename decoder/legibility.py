"""What makes a photo hard to read, measured on its pixels. Nobody is refused for it: B22.

Each threshold stands where photos of printed pages part, sharp from spoiled (tests/decoder/test_legibility.py).
"""

from PIL import Image, ImageChops, ImageFilter, ImageOps

# What is measured depends on the size, so all are measured at this one: pixels of the longer side.
_MEASURED = 1400
_SMALLEST_PAGE, _SMALLEST = 1000, 480  # pixels of the longer side: a page's 8-point print, and a face, need as many

_DARK_PAPER = 105  # of 255, what a tenth is brighter than: paper in a room has 150 and more
_BURNT, _BURNT_PART, _WHITE_PAPER = 250, 0.008, 235  # a reflection is white where the paper around it is not
_SHARP = 82  # of 255: contrast from pixel to pixel where there is most; print has 100, moved print below 80
_INK, _INK_AT_EDGE, _FEWEST_INK = 25, 3, 60  # a tile's mean of 255; tiles that the frame cuts; tiles that make a page
_STROKE = 40  # of 255: how much darker than the paper
_SIDEWAYS = 2.5  # times: lines of print give at least 5 across, and 0.2 along

_TILE = 8  # pixels
_CONTRAST = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
_DOWN = ImageFilter.Kernel((3, 3), (0, -1, 0, 0, 0, 0, 0, 1, 0), scale=0.25, offset=128)
_ACROSS = ImageFilter.Kernel((3, 3), (0, 0, 0, -1, 0, 1, 0, 0, 0), scale=0.25, offset=128)


def flaws(picture: Image.Image, received_size: tuple[int, int], *, is_page: bool) -> list[str]:
    """Their names in `portal/domain/received_file.py`, the gravest first. `received_size`: before it was made smaller.
    Of a page that can be read also whether all of it is there, the right way up."""
    grey = _measured(picture)
    # Noise looks sharp; a dark picture of sharp print does not, until its contrast is stretched.
    clear = ImageOps.autocontrast(grey, cutoff=(0.5, 0.5)).filter(ImageFilter.MedianFilter(3))
    found = {
        "small": max(received_size) < (_SMALLEST_PAGE if is_page else _SMALLEST),
        "dark": _share_at(grey, 0.9) < _DARK_PAPER,
        "blurred": _is_blurred(clear),
        "glare": is_page and _has_glare(grey),
    }
    if is_page and not any(found.values()):
        strokes = _strokes(clear)
        tiles = _without_edge(strokes).reduce(_TILE)
        found["cut"] = _is_cut(tiles)
        found["rotated"] = _above(tiles, _INK) >= _FEWEST_INK and _is_sideways(strokes)
    return [name for name, is_so in found.items() if is_so]


def _measured(picture: Image.Image) -> Image.Image:
    grey = picture.convert("L")
    scale = _MEASURED / max(grey.size)
    width, height = (max(_TILE * 4, round(side * scale)) for side in grey.size)
    return grey.resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)


def _is_blurred(clear: Image.Image) -> bool:
    contrast = _without_edge(clear.filter(_CONTRAST)).point(lambda value: min(255, abs(value - 128) * 2))
    return _share_at(contrast.reduce(_TILE), 0.99) < _SHARP


def _has_glare(grey: Image.Image) -> bool:
    burnt = _above(grey.filter(ImageFilter.BoxBlur(6)), _BURNT) / (grey.width * grey.height)
    return burnt > _BURNT_PART and _share_at(grey, 0.5) < _WHITE_PAPER


def _strokes(clear: Image.Image) -> Image.Image:
    """What is thin and darker than both its sides, as print is and the edge of a sheet is not; at half the size."""
    half = clear.reduce(2)
    filled = half
    for over in (ImageFilter.MaxFilter(3), ImageFilter.MinFilter(3)):
        filled = filled.filter(over).filter(over)  # twice over 3 pixels is once over 5, in half the time
    return ImageChops.subtract(filled, half)


def _is_cut(tiles: Image.Image) -> bool:
    """Whether print runs into an edge of the picture."""
    width, height = tiles.size
    edges = ((0, 0, 1, height), (width - 1, 0, width, height), (0, 0, width, 1), (0, height - 1, width, height))
    return any(_above(tiles.crop(edge), _INK) >= _INK_AT_EDGE for edge in edges)


def _is_sideways(strokes: Image.Image) -> bool:
    """Whether lines of print, with the white between them, follow each other across instead of down. Looked at in
    short pieces, so that a sheet may lie a little askew."""
    lines = strokes.point(lambda value: 255 if value > _STROKE else 0).filter(ImageFilter.BoxBlur(3))
    width, height = lines.size
    piece = 60  # pixels
    down = lines.resize((max(4, width // piece), height), Image.Resampling.BOX).filter(_DOWN)
    across = lines.resize((width, max(4, height // piece)), Image.Resampling.BOX).filter(_ACROSS)
    return _energy(across) > _SIDEWAYS * _energy(down)


def _without_edge(filtered: Image.Image) -> Image.Image:
    """A filter copies the outermost pixels as they were."""
    return filtered.crop((1, 1, filtered.width - 1, filtered.height - 1))


def _share_at(picture: Image.Image, share: float) -> int:
    """The value that this share of the pixels does not exceed."""
    wanted, seen = share * picture.width * picture.height, 0
    for value, count in enumerate(picture.histogram()):
        seen += count
        if seen >= wanted:
            return value
    return 255


def _above(picture: Image.Image, least: int) -> int:
    """How many pixels have that value or more."""
    return sum(picture.histogram()[least:])


def _energy(differences: Image.Image) -> float:
    counts = _without_edge(differences).histogram()
    return sum((value - 128) ** 2 * count for value, count in enumerate(counts)) / sum(counts)
