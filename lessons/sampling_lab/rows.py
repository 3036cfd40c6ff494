"""The table behind the bars: the likeliest tokens, what each has before and after, what cut it, how often it came."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from translations.messages import shown

from .distribution import CUTS, Probabilities

SHOWN = 30


@dataclass(frozen=True)
class Row:
    """A token, or in the last row all others; `before` and `after` are probabilities."""

    name: str
    before: float
    after: float
    cut_by: str = ''  # one of CUTS
    drawn: int = 0
    answered: bool = False  # it stands in the answer so far


def rows_of(
    probabilities: Probabilities,
    name_of: Callable[[int], str],
    drawn: Mapping[int, int] | None = None,
    answered: Collection[int] = (),
) -> list[Row]:
    """The SHOWN tokens that are likeliest before, whatever came of them, and a row for the rest, if there is any."""
    p, drawn = probabilities, drawn or {}
    tokens = p.before.topk(min(SHOWN, len(p.before))).indices.tolist()
    rows = [
        Row(
            repr(name_of(token)),
            float(p.before[token]),
            float(p.after[token]),
            p.cut_by(token),
            drawn.get(token, 0),
            token in answered,
        )
        for token in tokens
    ]
    if len(tokens) < len(p.before):
        before, after = (max(0.0, 1 - float(part[tokens].double().sum())) for part in (p.before, p.after))
        came = sum(drawn.values()) - sum(row.drawn for row in rows)
        may = int((p.after > 0).sum()) - sum(row.after > 0 for row in rows)
        rows.append(Row(shown('all others'), before, after if may else 0.0, drawn=came))
    return rows


def summary(probabilities: Probabilities) -> str:
    """One sentence in the course's language: how many tokens may be drawn, and how many each parameter cut."""
    stay, all_tokens = int((probabilities.after > 0).sum()), len(probabilities.after)
    top_k, top_p, min_p = (int((probabilities.cut == number).sum()) for number in range(1, 1 + len(CUTS)))
    return shown(
        f'{stay:,} of {all_tokens:,} tokens may be drawn; top_k cut {top_k:,}, then top_p {top_p:,}, '
        f'then min_p {min_p:,}.'
    )


def per_cent(p: float) -> str:
    """'15.9%'; what would be rounded to nothing, '<0.1%'; '0%' is nothing."""
    return f'{p:.1%}' if p >= 0.0005 else '<0.1%' if p else '0%'
