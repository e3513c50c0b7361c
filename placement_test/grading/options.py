"""How one part is marked: what counts as a difference, and what half an answer is worth."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal, Self, cast, get_args

PartialCredit = Literal["none", "per_option"]
PARTIAL_CREDITS: Final[tuple[str, ...]] = get_args(PartialCredit)


@dataclass(frozen=True, slots=True)
class MarkingOptions:
    """Say how an answer is compared with its key; the defaults suit most parts.

    ``ignore_spaces`` drops every space; without it a run of spaces equals one.
    ``ignore_punctuation`` drops quotes, brackets and ``. , ; : ! ?`` but never what a number is
    made of, nor hyphens. ``partial_credit`` is for parts with several ticks: ``per_option`` gives
    the share of right ticks less wrong ones.
    """

    case_sensitive: bool = False
    ignore_accents: bool = False
    ignore_spaces: bool = False
    ignore_punctuation: bool = False
    partial_credit: PartialCredit = "none"

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return the options that ``stored`` names; those it leaves out have their default.

        :raises ValueError: if it is no object, or a name or a value is not known
        """
        if not isinstance(stored, Mapping):
            raise ValueError("marking options are not an object")  # noqa: TRY004 - one error for all
        known = {field.name for field in fields(cls)}
        for name, value in stored.items():
            if name not in known:
                raise ValueError(f"unknown marking option: {name!r}")
            if not _is_allowed(name, value):
                raise ValueError(f"marking option {name} cannot be {value!r}")
        return cls(**cast("dict[str, bool]", dict(stored)))  # type: ignore[arg-type]

    def as_json(self) -> dict[str, bool | str]:
        """Return every option by its name, as ``from_json`` reads it."""
        return asdict(self)


def _is_allowed(name: str, value: object) -> bool:
    if name == "partial_credit":
        return isinstance(value, str) and value in PARTIAL_CREDITS
    return isinstance(value, bool)
