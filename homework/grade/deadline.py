"""How late a submission is.  It costs no points: that is for the instructor to decide."""

import datetime

from homework.evidence import parsed_time
from homework.texts import Message, message


def parsed_deadline(text: str) -> datetime.datetime:
    """A day (its end) or a time, on this machine's clock unless it has an offset ('2026-12-01T23:59+08:00').

    Raises ValueError.
    """
    try:
        time = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f'{text!r} is no time: write 2026-12-01 or "2026-12-01 23:59", with +08:00 if need be'
        ) from None
    if len(text.strip()) == len('2026-12-01'):
        time = time.replace(hour=23, minute=59, second=59)
    return time.astimezone(datetime.UTC)


def late(packed: str, deadline: datetime.datetime | None) -> Message | None:
    """By how much a submission packed at this time is late; None: it is not."""
    try:
        over = parsed_time(packed) - deadline if deadline else datetime.timedelta(0)
    except ValueError:  # no time at all: a flag of its own
        return None
    if over <= datetime.timedelta(0):
        return None
    minutes = max(1, int(over.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    return message('{days} d {hours} h {minutes} min', days=days, hours=hours, minutes=minutes)
