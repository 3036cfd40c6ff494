"""Streamed replies: kept unread with their times, and read into an answer's timing when the load is over."""

import dataclasses
import itertools
import json

from .figures import RequestTiming


@dataclasses.dataclass(slots=True)
class Reply:
    """What came back for one request, unread: chunks of the stream with their times, or an error."""

    start_s: float
    chunks: list[tuple[float, bytes]] = dataclasses.field(default_factory=list)
    error: str | None = None

    def timing(self, wanted_tokens: int) -> RequestTiming:
        """Read the stream: when its tokens came.

        Raises:
            ValueError: it is no whole answer of `wanted_tokens` tokens; the message tells why.
        """
        if self.error:
            raise ValueError(self.error)
        usage = first = end_s = None
        times_s = []  # of the chunks that carry tokens
        for time_s, event in self._events():
            if error := event.get('error'):
                raise ValueError(
                    f'the stream says: {error.get("message", error) if isinstance(error, dict) else error}'
                )
            usage = event.get('usage') or usage
            for choice in event.get('choices') or ():
                if found := _first_token(time_s, choice):
                    first = first or found
                    times_s.append(time_s)
                end_s = time_s  # of the last one: it carries the end of the answer
        if usage is None or first is None:
            raise ValueError('the stream ended before the answer did, or without its usage')
        count = usage['completion_tokens']
        if count < wanted_tokens:
            raise ValueError(f'an answer of {count} tokens, not {wanted_tokens}')
        first_s, first_tokens = first
        itls_s = tuple(later - earlier for earlier, later in itertools.pairwise(times_s))
        return RequestTiming(usage['prompt_tokens'], count, self.start_s, first_s, end_s, first_tokens, itls_s)

    def _events(self):
        """(time, JSON) of each event; its time is that of the chunk which completes it."""
        rest = b''
        for time_s, chunk in self.chunks:
            *lines, rest = (rest + chunk).split(b'\n')
            for line in lines:
                if line.startswith(b'data:') and (data := line[5:].strip()) != b'[DONE]':
                    yield time_s, json.loads(data)


def _first_token(time_s: float, choice: dict) -> tuple[float, int] | None:
    """(time, number of tokens) if this part of a stream carries any; some servers begin with one that does not."""
    delta = choice.get('delta') or {}
    if ids := choice.get('output_ids') or choice.get('token_ids'):  # LMDeploy's name, and vLLM's
        return time_s, len(ids)
    return (time_s, 1) if any(delta.get(k) for k in ('content', 'reasoning_content', 'tool_calls')) else None
