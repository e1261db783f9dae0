"""Files as strangers send them, odd ones and those that are made to hurt, each with what must be said of it."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pillow_heif
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image, PngImagePlugin

pillow_heif.register_heif_opener()

PICTURE, DOCUMENT = "image/jpeg", "application/pdf"
#: What some files carry, and nothing that is kept may.
SECRET = b"SECRETO-QUE-NADIE-DEBE-VER"
_SIZE = (96, 64)
_HTML = b"<html><script>alert('" + SECRET + b"')</script></html>"
_SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)


def drawing(size: tuple[int, int] = _SIZE, mode: str = "RGB") -> Image.Image:
    """Red at the left, blue at the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "S", 2: (12.0, 2.0, 30.0), 3: "W", 4: (77.0, 1.0, 30.0)})  # where it was taken
    return exif


def _png_with_text() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SECRET.decode())
    return encoded(drawing(), "PNG", pnginfo=words)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(*chunks: bytes, size: tuple[int, int] = (8, 8)) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + _chunk(b"IEND", b"")


def _zeros(megabytes: int) -> bytes:
    """That many megabytes of nothing, as a few kilobytes of zlib."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = ((megabytes << 20) % 65521) << 16 | 1
    return b"\x78\xda" + block * megabytes + b"\x03\x00" + struct.pack(">I", check)


def _text_bomb() -> bytes:
    return _png(_chunk(b"zTXt", b"Comment\0\0" + _zeros(64)), _chunk(b"IDAT", zlib.compress(bytes(72))))


def _wide_jpeg() -> bytes:
    """A small picture that says to be 65,500 pixels on each side."""
    small = encoded(drawing(), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", 65500, 65500) + small[at + 4 :]


def _zip(name: str = "informe.txt", data: bytes = b"hola") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return target.getvalue()


def _apng() -> bytes:
    return encoded(drawing(), "PNG", save_all=True, append_images=[drawing().rotate(90)], duration=100)


def pdf(change: Callable[[Pdf], object] | None = None, **saving: Any) -> bytes:
    """A document of a page with a line, after `change`."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    document.pages[0].Contents = document.make_stream(b"0 0 1 RG 20 w 60 400 m 500 400 l S")
    if change:
        change(document)
    target = io.BytesIO()
    packed = {} if "encryption" in saving else {"compress_streams": False}
    document.save(target, **{**packed, **saving})
    return target.getvalue()


def _action(kind: str, **more: Any) -> Dictionary:
    return Dictionary(S=Name("/" + kind), **more)


_SCRIPT = _action("JavaScript", JS=String("app.alert(1)"))
_TOP = Array([0, Name.Fit])


def _opens(action: Dictionary) -> Callable[[Pdf], object]:
    def change(document: Pdf) -> None:
        document.Root.OpenAction = action

    return change


def _annotated(**parts: Any) -> Callable[[Pdf], object]:
    def change(document: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 100, 100]), **parts)
        document.pages[0].obj.Annots = document.make_indirect(Array([document.make_indirect(note)]))

    return change


def _named_script(document: Pdf) -> None:
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), _SCRIPT])))


def _carries(document: Pdf) -> None:
    document.attachments["carga.exe"] = b"MZ" + SECRET


def _associated(document: Pdf) -> None:
    inside = Stream(document, b"MZ")
    document.pages[0].obj.AF = Array([Dictionary(Type=Name.Filespec, F=String("a"), EF=Dictionary(F=inside))])


def _acts_on_page(action: Dictionary) -> Callable[[Pdf], object]:
    def change(document: Pdf) -> None:
        document.pages[0].obj.AA = Dictionary(O=action)

    return change


def _form(**parts: Any) -> Callable[[Pdf], object]:
    def change(document: Pdf) -> None:
        field = Dictionary(FT=Name.Tx, T=String("nombre"), V=String("Ana"), **parts.pop("field", {}))
        document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(field)]), **parts)

    return change


def _outline(document: Pdf) -> None:
    item = document.make_indirect(Dictionary(Title=String("x"), A=_action("Launch", F=String("cmd.exe"))))
    document.Root.Outlines = Dictionary(First=item, Last=item, Count=1)


def _elsewhere(document: Pdf) -> None:
    stream = document.make_stream(b"")
    stream.stream_dict.F = String("//servidor/archivo")
    document.pages[0].Contents = stream


def _bomb(document: Pdf) -> None:
    content = document.make_stream(b"")
    content.write(zlib.compress(_zeros(2000), 9), filter=[Name.FlateDecode, Name.FlateDecode], decode_parms=None)
    document.pages[0].Contents = content


def _picture_bomb(document: Pdf) -> None:
    picture = Stream(document, b"")
    picture.write(_zeros(1200), filter=Name.FlateDecode)
    for name, value in {"Width": 20000, "Height": 20000, "BitsPerComponent": 8}.items():
        picture.stream_dict[Name("/" + name)] = value
    picture.stream_dict.Type, picture.stream_dict.Subtype = Name.XObject, Name.Image
    picture.stream_dict.ColorSpace = Name.DeviceRGB
    document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Im=picture))
    document.pages[0].Contents = document.make_stream(b"595 0 0 842 0 0 cm /Im Do")


def _sized(width: float, height: float) -> Callable[[Pdf], object]:
    def change(document: Pdf) -> None:
        document.pages[0].obj.MediaBox = Array([0, 0, width, height])

    return change


def _many_pages(document: Pdf) -> None:
    for _ in range(100):
        document.add_blank_page()


def _circle(document: Pdf) -> None:
    document.Root.Pages.Kids.append(document.Root.Pages)


def _without_pages(document: Pdf) -> None:
    del document.pages[0]


def _nested(document: Pdf) -> None:
    inner = Array([1])
    for _ in range(400):
        inner = Array([inner])
    document.Root.Deep = inner


def _locked(user: str) -> bytes:
    return pdf(encryption=pikepdf.Encryption(user=user, owner="dueño"))


_PLAIN = pdf()
_JPEG = encoded(drawing(), "JPEG")

TAKEN: dict[str, tuple[bytes, str]] = {
    "JPEG": (_JPEG, PICTURE),
    "progressive JPEG": (encoded(drawing(), "JPEG", progressive=True), PICTURE),
    "JPEG in grey": (encoded(drawing(mode="L"), "JPEG"), PICTURE),
    "JPEG for a printing press": (encoded(drawing(mode="CMYK"), "JPEG"), PICTURE),
    "JPEG of one pixel": (encoded(drawing((1, 1)), "JPEG"), PICTURE),
    "JPEG with its place": (encoded(drawing(), "JPEG", exif=_exif()), PICTURE),
    "JPEG with a comment": (encoded(drawing(), "JPEG", comment=SECRET), PICTURE),
    "JPEG with a page in its comment": (encoded(drawing(), "JPEG", comment=_HTML), PICTURE),
    "JPEG with XMP": (encoded(drawing(), "JPEG", xmp=b"<x>" + SECRET + b"</x>"), PICTURE),
    "JPEG of several pictures": (encoded(drawing(), "MPO", save_all=True, append_images=[drawing()]), PICTURE),
    "JPEG and ZIP": (_JPEG + _zip(data=SECRET), PICTURE),
    "JPEG and a page": (_JPEG + _HTML, PICTURE),
    "JPEG and PDF": (_JPEG + _PLAIN, PICTURE),
    "JPEG and a film": (_JPEG + b"\0\0\0\x18ftypmp42" + bytes(5000), PICTURE),
    "PNG": (encoded(drawing(), "PNG"), PICTURE),
    "PNG of few colours": (encoded(drawing(mode="P"), "PNG"), PICTURE),
    "PNG of two colours": (encoded(drawing(mode="1"), "PNG"), PICTURE),
    "PNG of 16 bits": (encoded(Image.new("I;16", _SIZE, 40000), "PNG"), PICTURE),
    "PNG one sees through": (encoded(drawing(mode="RGBA"), "PNG"), PICTURE),
    "PNG with words": (_png_with_text(), PICTURE),
    "PNG that moves": (_apng(), PICTURE),
    "PNG and a program": (encoded(drawing(), "PNG") + b"<?php echo '" + SECRET + b"'; ?>", PICTURE),
    "WebP": (encoded(drawing(), "WEBP"), PICTURE),
    "WebP without loss": (encoded(drawing(mode="RGBA"), "WEBP", lossless=True), PICTURE),
    "WebP that moves": (encoded(drawing(), "WEBP", save_all=True, append_images=[drawing().rotate(90)]), PICTURE),
    "HEIC": (encoded(drawing(), "HEIF"), PICTURE),
    "HEIC with its place": (encoded(drawing(), "HEIF", exif=_exif().tobytes()), PICTURE),
    "HEIC of several pictures": (encoded(drawing(), "HEIF", save_all=True, append_images=[drawing()]), PICTURE),
    "PDF": (_PLAIN, DOCUMENT),
    "PDF made for the web": (pdf(linearize=True), DOCUMENT),
    "PDF after an empty line": (b"\r\n" + _PLAIN, DOCUMENT),
    "PDF and a page before it": (_HTML + _PLAIN, DOCUMENT),
    "PDF and ZIP": (_PLAIN + _zip(data=SECRET), DOCUMENT),
    "PDF that goes to its top": (pdf(_opens(Dictionary(S=Name.GoTo, D=_TOP))), DOCUMENT),
    "PDF whose page goes to the top": (pdf(_acts_on_page(Dictionary(S=Name.GoTo, D=_TOP))), DOCUMENT),
    "PDF with a link": (pdf(_annotated(Subtype=Name.Link, A=_action("URI", URI=String("https://x.pe")))), DOCUMENT),
    "PDF with a form": (pdf(_form()), DOCUMENT),
    "PDF locked with nothing": (_locked(""), DOCUMENT),
    "PDF as thin as a line": (pdf(_sized(0.01, 842)), DOCUMENT),
    "PDF as large as a field": (pdf(_sized(1e6, 1e6)), DOCUMENT),
    "PDF with something deep in it": (pdf(_nested), DOCUMENT),
    "PDF without its end": (_PLAIN[: _PLAIN.rindex(b"startxref")], DOCUMENT),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "one byte": (b"\xff", "unsupported"),
    "GIF": (encoded(drawing(mode="P"), "GIF"), "unsupported"),
    "GIF and a program": (b"GIF89a=1;alert(1)//" + bytes(90), "unsupported"),
    "BMP": (encoded(drawing(), "BMP"), "unsupported"),
    "TIFF": (encoded(drawing(), "TIFF"), "unsupported"),
    "icon": (encoded(drawing(), "ICO"), "unsupported"),
    "AVIF": (encoded(drawing(), "AVIF"), "unsupported"),
    "SVG": (_SVG, "unsupported"),
    "SVG packed": (gzip.compress(_SVG), "unsupported"),
    "page": (_HTML, "unsupported"),
    "page after the beginning of a JPEG": (b"\xff\xd8\xff" + _HTML, "damaged"),
    "ZIP": (_zip(), "unsupported"),
    "ZIP bomb": (_zip(data=bytes(20 << 20)), "unsupported"),
    "Word": (_zip("word/document.xml"), "unsupported"),
    "program of Windows": (b"MZ" + bytes(200), "unsupported"),
    "program of Linux": (b"\x7fELF" + bytes(200), "unsupported"),
    "film": (b"\0\0\0\x18ftypmp42" + bytes(200), "unsupported"),
    "PostScript": (b"%!PS-Adobe-3.0\nshowpage\n", "unsupported"),
    "text": ("Mi mamá falleció ayer.".encode(), "unsupported"),
    "virus of the tests": (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "unsupported"),
    "JPEG cut off": (encoded(drawing((900, 900)), "JPEG", quality=95)[:4000], "damaged"),
    "JPEG of noise": (b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(5000), "damaged"),
    "JPEG of 4,290 megapixels": (_wide_jpeg(), "too_many_pixels"),
    "PNG cut off": (encoded(drawing((300, 300)).rotate(30), "PNG")[:500], "damaged"),
    "PNG of 900 megapixels": (_png(_chunk(b"IDAT", _zeros(1)), size=(30000, 30000)), "too_many_pixels"),
    "PNG with 64 MB of words": (_text_bomb(), "damaged"),
    "PNG without a picture": (_png(), "damaged"),
    "PNG of no size": (_png(_chunk(b"IDAT", zlib.compress(b"")), size=(0, 0)), "damaged"),
    "WebP cut off": (encoded(drawing((300, 300)).rotate(30), "WEBP")[:300], "damaged"),
    "HEIC cut off": (encoded(drawing((300, 300)).rotate(30), "HEIF")[:600], "heic_unreadable"),
    "PDF of nothing": (b"%PDF-1.7\n%%EOF", "damaged"),
    "PDF cut off": (_PLAIN[:80], "damaged"),
    "PDF of noise": (b"%PDF-1.7\n" + random.Random(2).randbytes(5000), "damaged"),
    "PDF with a password": (_locked("secreto"), "encrypted"),
    "PDF without pages": (pdf(_without_pages), "damaged"),
    "PDF whose pages go in circles": (pdf(_circle), "damaged"),
    "PDF of 101 pages": (pdf(_many_pages), "too_many_pages"),
    "PDF that runs a script": (pdf(_opens(_SCRIPT)), "active"),
    "PDF that runs one in the end": (
        pdf(_opens(Dictionary(S=Name.GoTo, D=_TOP, Next=Array([Dictionary(S=Name.GoTo, D=_TOP, Next=_SCRIPT)])))),
        "active",
    ),
    "PDF that hides its script's name": (pdf(_opens(_SCRIPT)).replace(b"/JavaScript", b"/J#61v#61Script"), "active"),
    "PDF with a script of its own": (pdf(_named_script), "active"),
    "PDF with scripts, packed": (pdf(_named_script, object_stream_mode=pikepdf.ObjectStreamMode.generate), "active"),
    "PDF whose page runs one": (pdf(_acts_on_page(_SCRIPT)), "active"),
    "PDF whose field runs one": (pdf(_form(field={"AA": Dictionary(K=_SCRIPT)})), "active"),
    "PDF whose link runs one": (pdf(_annotated(Subtype=Name.Link, A=_SCRIPT)), "active"),
    "PDF that starts a program": (pdf(_opens(_action("Launch", F=String("cmd.exe")))), "active"),
    "PDF whose outline starts one": (pdf(_outline), "active"),
    "PDF that opens another": (pdf(_opens(_action("GoToR", F=String("//x/a.pdf"), D=Array([0])))), "active"),
    "PDF that sends what is typed": (pdf(_opens(_action("SubmitForm", F=String("http://x")))), "active"),
    "PDF that takes data in": (pdf(_opens(_action("ImportData", F=String("a.fdf")))), "active"),
    "PDF with an XFA form": (pdf(_form(XFA=String("<xdp/>"))), "active"),
    "PDF that plays something": (pdf(_annotated(Subtype=Name.Link, A=_action("Rendition", OP=0))), "active"),
    "PDF with a file in it": (pdf(_carries), "embedded"),
    "PDF with a file at a page": (pdf(_associated), "embedded"),
    "PDF with a file pinned on": (pdf(_annotated(Subtype=Name.FileAttachment)), "embedded"),
    "PDF that opens one in it": (pdf(_opens(_action("GoToE", T=Dictionary(R=Name.C)))), "embedded"),
    "PDF with a stage": (pdf(_annotated(Subtype=Name.RichMedia)), "embedded"),
    "PDF with a body in space": (pdf(_annotated(Subtype=Name("/3D"))), "embedded"),
    "PDF with a screen": (pdf(_annotated(Subtype=Name.Screen)), "embedded"),
    "PDF with a film": (pdf(_annotated(Subtype=Name.Movie)), "embedded"),
    "PDF with a sound": (pdf(_annotated(Subtype=Name.Sound)), "embedded"),
    "PDF that is a folder": (pdf(lambda document: document.Root.update({"/Collection": Dictionary()})), "embedded"),
    "PDF whose bytes are elsewhere": (pdf(_elsewhere), "embedded"),
    "PDF bomb": (pdf(_bomb), "too_heavy"),
    "PDF with a picture bomb": (pdf(_picture_bomb), "too_heavy"),
}
