"""Printed pages as people photograph them: on a table or scanned, good ones and spoiled ones, each by its number."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from tests.processes import ROOT

_FONTS = ROOT / "portal" / "templates" / "documents" / "fonts"
_PAGE = (1240, 1754)
_TEXT = """
certifica que la persona asegurada fue atendida en el hospital de la provincia según consta en la historia clínica acta
de defunción inscrita en el registro civil municipal con la fecha indicada por el médico tratante número diagnóstico
informe ingreso egreso documento nacional de identidad declara bajo juramento firma sello Lima 2026
"""
_WORDS = _TEXT.split()


def _font(size: int, weight: str = "regular") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / f"figtree-{weight}.ttf"), size)


def _lines(rng: random.Random, draw: ImageDraw.ImageDraw, top: int, bottom: int, size: int) -> None:
    font, y = _font(size), top
    while y < bottom:
        width = rng.choice((980, 980, 980, 900, 500))
        line = ""
        while draw.textlength(line, font) < width - 80:
            line += rng.choice(_WORDS) + " "
        draw.text((130, y), line, fill=25, font=font)
        y += int(size * 1.5) + (size if width == 500 else 0)


def _letter(rng: random.Random, draw: ImageDraw.ImageDraw) -> None:
    draw.text((130, 150), "INFORME MÉDICO", fill=20, font=_font(40, "bold"))
    _lines(rng, draw, 260, rng.choice((1000, 1300, 1560)), rng.choice((22, 26, 30)))


def _form(rng: random.Random, draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((110, 110, 1130, 1640), outline=30, width=3)
    draw.text((150, 140), "ACTA DE DEFUNCIÓN", fill=20, font=_font(44, "bold"))
    for number in range(16):
        y = 250 + number * 84
        draw.line((110, y, 1130, y), fill=40, width=2)
        words = " ".join(rng.choice(_WORDS) for _ in range(4))
        draw.text((140, y + 12), words, fill=60, font=_font(20))
        draw.text((140, y + 38), " ".join(rng.choice(_WORDS) for _ in range(3)).upper(), fill=15, font=_font(28))


def _receipt(rng: random.Random, draw: ImageDraw.ImageDraw) -> None:
    draw.text((130, 140), "BOLETA DE VENTA ELECTRÓNICA", fill=20, font=_font(36, "bold"))
    for number in range(rng.randint(8, 20)):
        y = 260 + number * 50
        draw.text((130, y), " ".join(rng.choice(_WORDS) for _ in range(3)), fill=25, font=_font(26))
        draw.text((960, y), f"S/ {rng.randint(1, 900)}.{rng.randint(0, 99):02}", fill=25, font=_font(26))


def _nearly_empty(rng: random.Random, draw: ImageDraw.ImageDraw) -> None:
    draw.text((130, 150), "CONSTANCIA", fill=20, font=_font(44, "bold"))
    _lines(rng, draw, 280, 280 + rng.randint(3, 6) * 45, 30)
    draw.line((400, 1200, 840, 1200), fill=20, width=3)
    draw.text((520, 1215), "Firma y sello", fill=25, font=_font(26))


_KINDS = (_letter, _form, _receipt, _nearly_empty)


def page(number: int) -> Image.Image:
    """A page as it was printed."""
    rng = random.Random(number)
    paper = Image.new("L", _PAGE, 255)
    _KINDS[number % len(_KINDS)](rng, ImageDraw.Draw(paper))
    return paper


def _on_a_table(paper: Image.Image, rng: random.Random) -> Image.Image:
    width, height = paper.size
    margin = rng.randint(40, 160)
    table = Image.new("RGB", (width + 2 * margin, height + 2 * margin), rng.choice(("#6b4a2f", "#2f3338", "#8a7a66")))
    grain = Image.effect_noise((table.width, 40), 40).resize(table.size).convert("RGB")
    table = Image.blend(table, grain, 0.12)
    turned = rng.uniform(-3, 3)
    mask = Image.new("L", paper.size, 255).rotate(turned, expand=True)
    sheet = paper.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255).convert("RGB")
    at = ((table.width - sheet.width) // 2, (table.height - sheet.height) // 2)
    table.paste(sheet, at, mask)
    return table


def _lit(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Under a lamp that stands to one side: paper that is far from white, and not the same everywhere."""
    shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(picture.size)
    weakest, strongest = rng.uniform(0.62, 0.75), rng.uniform(0.8, 0.95)
    light = shade.point(lambda value: int(255 * (weakest + (strongest - weakest) * value / 255)))
    return ImageChops.multiply(picture, light.convert("RGB"))


def _through_a_lens(picture: Image.Image, rng: random.Random) -> Image.Image:
    """As a sensor of a cheap phone sees it: a little soft, with noise, kept as JPEG."""
    soft = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    noise = Image.effect_noise(picture.size, rng.uniform(4, 14)).convert("RGB")
    kept = io.BytesIO()
    ImageChops.add(soft, noise, 1, -128).save(kept, "JPEG", quality=rng.randint(65, 90))
    return Image.open(kept).convert("RGB")


def good(number: int) -> Image.Image:
    """One that everybody could read: two of three on a table, the third as a scanner makes it."""
    return _taken(number, lambda picture, _: picture)


def _taken(number: int, spoil: Callable[[Image.Image, random.Random], Image.Image]) -> Image.Image:
    rng, paper = random.Random(number * 7919), page(number)
    if number % 3 == 2:
        return spoil(paper.convert("RGB"), rng)
    return _through_a_lens(spoil(_lit(_on_a_table(paper, rng), rng), rng), rng)


def _moved(picture: Image.Image, rng: random.Random) -> Image.Image:
    if rng.random() < 0.5:
        return picture.filter(ImageFilter.GaussianBlur(rng.uniform(4, 10)))
    steps, slope = rng.randint(14, 30), rng.uniform(-1, 1)
    blurred = picture
    for step in range(1, steps):  # the mean of the picture and its shifted copies: a hand that moved
        shifted = ImageChops.offset(picture, step, int(step * slope))
        blurred = Image.blend(blurred, shifted, 1 / (step + 1))
    return blurred


def _dimmed(picture: Image.Image, rng: random.Random) -> Image.Image:
    factor = rng.uniform(0.08, 0.28)
    return picture.point(lambda value: int(value * factor))


def _flashed(picture: Image.Image, rng: random.Random) -> Image.Image:
    width, height = picture.size
    across, down = (int(side * rng.uniform(0.4, 0.7)) for side in (width, height))
    spot = ImageChops.invert(Image.radial_gradient("L")).point(lambda value: min(255, value * 2)).resize((across, down))
    mask = Image.new("L", picture.size, 0)
    mask.paste(spot, (rng.randint(100, width - across - 100), rng.randint(100, height - down - 100)))
    return Image.composite(Image.new("RGB", picture.size, "white"), picture, mask)


def _far_away(picture: Image.Image, rng: random.Random) -> Image.Image:
    longest = rng.randint(240, 700)
    picture = picture.copy()
    picture.thumbnail((longest, longest))
    return picture


def _cropped(picture: Image.Image, rng: random.Random) -> Image.Image:
    width, height = picture.size
    left, top, right, bottom = (0, 0, width, height)
    side, part = rng.choice(("left", "left", "right", "top")), rng.uniform(0.24, 0.4)
    if side == "left":
        left = int(width * part)
    elif side == "right":
        right = int(width * (1 - part))
    else:
        top = int(height * part * 0.8)
        left = int(width * 0.22)
    return picture.crop((left, top, right, bottom))


def _sideways(picture: Image.Image, rng: random.Random) -> Image.Image:
    return picture.transpose(rng.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)))


SPOILED = {
    "blurred": _moved,
    "dark": _dimmed,
    "glare": _flashed,
    "small": _far_away,
    "cut": _cropped,
    "rotated": _sideways,
}


def spoiled(flaw: str, number: int) -> Image.Image:
    """One that nobody could read, for `flaw`. A scanner makes none too dark or with a reflection."""
    if flaw in {"dark", "glare"}:
        number = number * 3 + number % 2
    return _taken(number, SPOILED[flaw])
