"""What stands before an option on the paper and on the answer sheet."""

from __future__ import annotations

from typing import Final

MOST_OPTIONS: Final = 10

_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "letters": tuple("ABCDEFGHIJ"),
    "bracketed": tuple(f"({letter})" for letter in "ABCDEFGHIJ"),
    "circled": tuple("①②③④⑤⑥⑦⑧⑨⑩"),
    "digits": tuple(str(number) for number in range(1, MOST_OPTIONS + 1)),
}
LABEL_STYLES: Final = tuple(_LABELS)


def option_label(style: str, index: int) -> str:
    """Return the label of an option counted from 0, of one of ``LABEL_STYLES``.

    :raises ValueError: for another style or an index beyond 0 to 9
    """
    if style not in _LABELS or not 0 <= index < MOST_OPTIONS:
        raise ValueError(f"no label of style {style!r} for option {index}")
    return _LABELS[style][index]
