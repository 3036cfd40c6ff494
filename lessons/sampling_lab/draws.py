"""Drawing tokens as the engine on the CPU does it for requests with seeds."""

from collections import Counter

import torch

from lmdeploy_cpu.ops.sampling import draw

from .distribution import Probabilities


def draw_tokens(probabilities: Probabilities, times: int, random_seed: int = 0, position: int = 0) -> Counter:
    """How often each token id came in `times` draws, the n-th of them with the seed `random_seed` + n.

    They are the tokens that as many requests with these seeds get from the PyTorch engine on the CPU.

    Args:
        position: how many tokens stand before the one that is drawn, in prompt and answer.
    """
    p = probabilities.after[probabilities.order]
    seeds = torch.arange(random_seed, random_seed + times) & 0xFFFFFFFF  # LMDeploy keeps 32 bits of a seed
    rows = p.expand(times, -1), probabilities.order.expand(times, -1)
    return Counter(draw(rows[0], seeds, torch.full((times,), position), rows[1]).tolist())
