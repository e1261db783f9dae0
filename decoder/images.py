"""Pictures: decoded, turned upright, made smaller, and encoded anew, so that nothing is kept but what is seen."""

import contextlib
import io
import warnings
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageCms, ImageOps, MpoImagePlugin, TiffImagePlugin, WebPImagePlugin

from decoder import legibility
from decoder.refused import DAMAGED, HEIC_UNREADABLE, TOO_MANY_PIXELS, Refused

LONGEST = 2560  # pixels of the longer side that is kept: small print of a page stays readable
THUMBNAIL = 320  # pixels
MOST_PIXELS = 65_000_000  # telephones make up to 64 million
_QUALITY = 85

# What Pillow would import when it first needs it: nothing can be imported once the process is confined.
Image.preinit()
_NEEDED_LATER = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)
_SCREEN = ImageCms.createProfile("sRGB")
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
pillow_heif.options.DECODE_THREADS = 1
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def format_of(data: bytes) -> str | None:
    """The format that the first bytes name, of those that are taken; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if pillow_heif.get_file_mimetype(data[:4096]).startswith("image/hei") else None


def keep(
    data: bytes, picture_format: str, stored: BinaryIO, thumbnail: BinaryIO, *, is_page: bool
) -> dict[str, object]:
    """Write the picture and its thumbnail as JPEG; its size in pixels and its flaws. Raises Refused."""
    picture, received_size = _decoded(data, picture_format)
    flaws = legibility.flaws(picture, received_size, is_page=is_page)
    picture.save(stored, "JPEG", quality=_QUALITY)
    width, height = picture.size
    make_thumbnail(picture, thumbnail)
    return {"type": "image/jpeg", "width": width, "height": height, "pages": 1, "flaws": flaws}


def make_thumbnail(picture: Image.Image, target: BinaryIO) -> None:
    """Write the picture small, as JPEG; it is changed for that."""
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    picture.save(target, "JPEG", quality=_QUALITY)


def _decoded(data: bytes, picture_format: str) -> tuple[Image.Image, tuple[int, int]]:
    """The picture as it is kept, and the size it came in."""
    try:
        with Image.open(io.BytesIO(data), formats=[picture_format]) as picture:
            size = picture.size
            picture.draft(None, (LONGEST, LONGEST))  # a large JPEG is decoded smaller, in a quarter of the memory
            return _upright(picture), size
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        raise Refused(TOO_MANY_PIXELS) from bomb
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(HEIC_UNREADABLE if picture_format == "HEIF" else DAMAGED) from error


def _upright(picture: Image.Image) -> Image.Image:
    """Its first frame, turned as it was taken, on white, at most LONGEST on a side, with no word about itself."""
    turned, profile = picture.getexif(), picture.info.get("icc_profile")
    smaller = _in_colours(picture)
    smaller.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    smaller = _as_on_screens(smaller, profile)
    smaller.info = {}
    smaller.getexif()[_ORIENTATION] = turned.get(_ORIENTATION, 1)
    upright = ImageOps.exif_transpose(smaller)
    if upright.mode == "RGBA":
        paper = Image.new("RGB", upright.size, "white")
        paper.paste(upright, mask=upright.getchannel("A"))
        upright = paper
    upright.info = {}
    return upright


_ORIENTATION = 0x0112


def _in_colours(picture: Image.Image) -> Image.Image:
    """In colours that can be resized: RGB, RGBA while something shows through, CMYK until its profile is known."""
    if picture.mode.startswith(("I", "F")):  # 16 bits, which a conversion would clip
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if picture.mode == "CMYK":
        return picture.copy()
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _as_on_screens(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """In sRGB, which is what is meant where nothing is said: telephones write wider colours, a press writes ink."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):  # of other colours, or unreadable, it says nothing
            meant, as_it_is = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.Intent.RELATIVE_COLORIMETRIC
            if "sRGB" not in ImageCms.getProfileDescription(meant):
                return ImageCms.profileToProfile(picture, meant, _SCREEN, as_it_is, mode) or picture
    return picture.convert(mode)
