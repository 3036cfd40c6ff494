"""The logits that a pipeline's engine gives, asked for as LMDeploy has them."""

import asyncio
import concurrent.futures

import torch

from lessons.chat import all_logits, next_logits


class Pipe:
    """An engine whose logits are the token ids themselves, in bfloat16, over a vocabulary of 4."""

    def __init__(self):
        self.async_engine = self

    async def async_get_logits(self, input_ids):
        return [torch.tensor(ids, dtype=torch.bfloat16)[:, None].expand(-1, 4) for ids in input_ids]

    def _run(self, coro):
        done = concurrent.futures.Future()
        done.set_result(asyncio.run(coro))
        return done


def test_all_logits_has_a_row_for_each_token():
    logits = all_logits(Pipe(), (5, 6, 7))
    assert (logits.shape, logits.dtype) == ((3, 4), torch.float32)
    assert logits[:, 0].tolist() == [5, 6, 7]


def test_next_logits_are_those_after_the_last_token():
    assert next_logits(Pipe(), [5, 6, 7]).tolist() == [7] * 4
