"""From logits to the probabilities that a token is drawn with, in LMDeploy's own order of operations.

LMDeploy 0.18.0, pytorch/engine/logits_process.py: `FusedLogitsProcessor.__call__` (repetition penalty, temperature) and
`.sampling` (top-k, top-p, min-p, softmax).  Tokens of equal score go by their id, as on the CPU device of
`lmdeploy_cpu`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

CUTS = 'top_k', 'top_p', 'min_p'  # in the order in which they act


@dataclass(frozen=True)
class Sampling:
    """The parameters of `GenerationConfig` that change probabilities, with its defaults.

    ValueError where `GenerationConfig` or the engine would not take one.
    """

    temperature: float = 0.8  # 0 to 2; 0 stands for top_k=1
    top_k: int = 50  # 0: all tokens
    top_p: float = 1.0  # 0 to 1
    min_p: float = 0.0  # 0 to 1, a share of the likeliest token's probability
    repetition_penalty: float = 1.0  # above 0

    def __post_init__(self):
        for name, most in {'temperature': 2, 'top_p': 1, 'min_p': 1}.items():
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f'{name}={getattr(self, name)}: it must be 0 to {most}')
        if self.top_k < 0:
            raise ValueError(f'top_k={self.top_k}: it must be 0 (all tokens) or more')
        if self.repetition_penalty <= 0:
            raise ValueError(f'repetition_penalty={self.repetition_penalty}: it must be above 0')


@dataclass(frozen=True)
class Probabilities:
    """Of each token of the vocabulary: all tensors are [vocabulary]."""

    before: torch.Tensor  # the softmax of the logits alone
    after: torch.Tensor  # what is drawn from; 0 for what was cut
    order: torch.Tensor  # token ids, the likeliest after penalty and temperature first
    cut: torch.Tensor  # int64: 0 for a token that stays, else 1 + the index in CUTS of what cut it

    def cut_by(self, token: int) -> str:
        """The parameter that cut this token; '' for one that may be drawn."""
        return ('', *CUTS)[int(self.cut[token])]


def after_sampling(logits: torch.Tensor, sampling: Sampling, answered: Sequence[int] = ()) -> Probabilities:
    """What `sampling` makes of the next token's `logits` [vocabulary].

    Args:
        logits: raw, of any floating dtype; computed on in float32.
        answered: the tokens of the answer so far, which `repetition_penalty` acts on (once each; those of the prompt
            count in TurboMind alone).

    ValueError where `logits` is no vector.
    """
    if logits.dim() != 1:
        raise ValueError(f'logits of shape {list(logits.shape)}: those of one token are wanted, [vocabulary]')
    logits = logits.float()
    scores, top_k = _penalised(logits, sampling.repetition_penalty, answered), sampling.top_k
    if sampling.temperature == 0:
        top_k = 1
    else:
        scores = scores / sampling.temperature
    ordered, order = scores.sort(descending=True, stable=True)
    cut = torch.zeros_like(order)
    for number, gone in enumerate(_cuts(ordered, top_k, sampling), 1):
        cut[order[gone]] = number
        ordered = ordered.masked_fill(gone, -torch.inf)
    after = torch.zeros_like(logits)
    after[order] = ordered.softmax(-1)
    return Probabilities(logits.softmax(-1), after, order, cut)


def _penalised(logits: torch.Tensor, penalty: float, answered: Sequence[int]) -> torch.Tensor:
    seen = torch.tensor(sorted(set(answered)), dtype=torch.int64)
    scores = logits.clone()
    scores[seen] = torch.where(logits[seen] < 0, logits[seen] * penalty, logits[seen] / penalty)
    return scores


def _cuts(scores: torch.Tensor, top_k: int, sampling: Sampling):
    """For each of CUTS which of the sorted `scores` it takes out; a mask each [vocabulary]."""
    gone = torch.arange(len(scores)) >= (top_k or len(scores))
    yield gone
    if top_k == 1:  # LMDeploy takes the argmax and asks no further
        yield from [torch.zeros_like(gone)] * 2
        return
    scores = scores.masked_fill(gone, -torch.inf)
    p = scores.softmax(-1)
    beyond = p.cumsum(-1) - p > sampling.top_p  # the sum of the likelier ones
    beyond[0] = False
    beyond &= ~gone & (sampling.top_p < 1)  # at 1 LMDeploy leaves the step out: a sum may round to more
    yield beyond
    p = scores.masked_fill(beyond, -torch.inf).softmax(-1)  # min_p sees what the others left, scaled up to 1
    yield (p < sampling.min_p * p[0]) & ~gone & ~beyond
