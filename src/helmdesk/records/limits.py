"""How much one load may bring: so that a mistake, or malice, costs a line of text and not the
machine.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024**2


@dataclass(frozen=True)
class Limits:
    """Upper bounds for the files of one load.

    Attributes:
        megabytes: of one file, or of all files in an archive, once unpacked.
        rows: of one file.
        columns: of one file.
        cells: of one sheet of a workbook, empty ones up to the last filled one among them.
        cell_megabytes: of one cell, and of one line of text.
        entries: keys and list items of one TOML file, such as definitions or a mapping.
        ratio: how many times larger a packed file may become; looked at beyond 64 MB.
    """

    megabytes: int = 100_000
    rows: int = 1_000_000_000
    columns: int = 2_000
    cells: int = 20_000_000
    cell_megabytes: int = 8
    entries: int = 20_000
    ratio: int = 200

    @property
    def bytes(self) -> int:
        """Bytes of one file."""
        return self.megabytes * MEGABYTE

    @property
    def cell_bytes(self) -> int:
        """Bytes of one cell or line."""
        return self.cell_megabytes * MEGABYTE

    def excess(self, packed: int, unpacked: int) -> str | None:
        """Return what is wrong with a file of `packed` bytes that has become `unpacked` bytes so
        far, or None.
        """
        if unpacked > self.bytes:
            return f"larger than {self.megabytes:,} MB (setting limit_megabytes)"
        if unpacked > 64 * MEGABYTE and unpacked > packed * self.ratio:
            return f"unpacks to more than {self.ratio} times its size (setting limit_ratio)"
        return None
