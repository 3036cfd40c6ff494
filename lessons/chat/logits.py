"""What the engine's model gives for each token that may come next, before anything is drawn."""

from collections.abc import Sequence


def all_logits(pipe, token_ids: Sequence[int]):
    """The logits after each of the tokens: a float32 tensor [tokens, vocabulary], from LMDeploy's own engine.

    LMDeploy has the call for this inside of its engine; `pipe.get_ppl` is made of the same.
    """
    work = pipe.async_engine.async_get_logits(input_ids=[list(token_ids)])
    (logits,) = pipe._run(coro=work).result()
    return logits.float().cpu()


def next_logits(pipe, token_ids: Sequence[int]):
    """The logits of the token that comes after `token_ids`: a float32 tensor [vocabulary]."""
    return all_logits(pipe, token_ids)[-1]
