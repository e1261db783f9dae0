"""The sheets that documents are printed on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """Its size and its margins (top, right, bottom, left) in millimetres."""

    width: float
    height: float
    margins: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def options(self) -> dict[str, str]:
        """As the engine takes it."""
        sides = zip(("top", "right", "bottom", "left"), self.margins, strict=True)
        return {
            "page-width": f"{self.width}mm",
            "page-height": f"{self.height}mm",
            **{f"margin-{side}": f"{millimetres}mm" for side, millimetres in sides},
        }


A4 = Sheet(210, 297, (14, 16, 19, 16))  # the lowest margin holds the stamped foot
PURSE_CARD = Sheet(85.6, 54)  # ISO/IEC 7810 ID-1, as a DNI
PICTURE = Sheet(114.3, 142.875)  # 4 : 5, in whole points: drawn in whole pixels
