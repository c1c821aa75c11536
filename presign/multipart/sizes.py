"""Which parts a file is cut into.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from dataclasses import dataclass

from presign.errors import RequestError

MIB = 1024**2
MIN_PART = 5 * MIB  # bytes; the last part may have less
MAX_PART = 5 * 1024 * MIB  # bytes
MAX_PARTS = 10_000
MAX_SIZE = MAX_PARTS * MAX_PART  # bytes; 48.8 TiB

_USUAL_PART = 64 * MIB  # bytes; little is lost where one fails


@dataclass(frozen=True)
class Parts:
    """A file of at most ``size`` bytes, cut every ``part_size`` bytes, which is a multiple of 1 MiB."""

    size: int
    part_size: int

    @property
    def count(self) -> int:
        """How many there are at most; an empty file has one part, too."""
        return max(1, -(-self.size // self.part_size))

    def bounds(self, number: int) -> tuple[int, int]:
        """Return where part ``number``, from 1, begins and how long it is, in bytes."""
        offset = (number - 1) * self.part_size
        return offset, min(self.part_size, self.size - offset)


def cut(size: int, part_size: int | None) -> Parts:
    """Cut a file of ``size`` bytes; ``part_size`` is None where it may be chosen. Raises RequestError."""
    if size > MAX_SIZE:
        raise RequestError(f"S3 takes objects of at most {MAX_SIZE:,} bytes (48.8 TiB), not {size:,}")
    least = -(-size // (MAX_PARTS * MIB)) * MIB
    if part_size is None:
        return Parts(size, max(_USUAL_PART, least))
    if not MIN_PART <= part_size <= MAX_PART or part_size % MIB:
        raise RequestError(
            f"parts cannot have {part_size:,} bytes: give --part-size 5MiB to 5GiB, in whole MiB"
        )
    if part_size < least:
        raise RequestError(
            f"parts of {part_size // MIB}MiB are too small for {size:,} bytes, since S3 takes at most "
            f"{MAX_PARTS:,}: give --part-size {least // MIB}MiB or more"
        )
    return Parts(size, part_size)
