"""Changes that repair LMDeploy 0.18.0 itself: faults that show on any device, but that end a CPU engine or its answers.

They are limited to the CPU all the same (but for one error code): a GPU user keeps the LMDeploy that was installed.
"""

import asyncio

import torch

from lmdeploy_cpu.limits import (
    UnsupportedError,
    check_request,
    check_speculative_request,
    check_token_ids,
    vocab_size,
)

from . import CPU
from .patching import on_cpu
from .processes import open_streams

# At most this many turns of the event loop after each forward pass, while anybody waits for one: what was computed
# travels through about as many tasks (model agent, engine loop, response queue, request, RPC) before a client sees it.
# For each stream of an API server, which asks for every piece of it; tokens that it has not fetched before the next
# pass go out with the next ones, in one piece.
LOOP_TURNS, MOST_STREAMS = 10, 16


@CPU.patch(
    'lmdeploy.pytorch.strategies.ar.step_inputs:ARStepInputs.merge_prefill',
    'A request with max_new_tokens=0 (async_get_logits) enters the decoding batch here, but not in the scheduler; '
    'the next generation used its rows, or the engine ended with an IndexError.',
)
def drop_finished_prefills(old):

    def merge_prefill(
        self, inputs, extra_inputs, stopping_criteria, sampling_delta, next_token_ids, model_metas, extra_outputs
    ):
        args = (inputs, extra_inputs, stopping_criteria, sampling_delta, next_token_ids, model_metas, extra_outputs)
        if not on_cpu():
            return old(self, *args)
        # after its first step a request may still append max_new_tokens - 1 tokens: negative only if it wanted none
        wanted = (stopping_criteria.num_appendable_ids >= 0).nonzero().flatten()
        if wanted.numel() == inputs.seq_length.numel():
            return old(self, *args)
        if wanted.numel() == 0:
            return
        from lmdeploy.pytorch.model_inputs import ModelInputsDelta

        part = type(self)(_pad_token_id=self._pad_token_id)
        old(part, *args)
        part.reindex(
            ModelInputsDelta(
                indices=wanted,
                block_offsets=None,
                indice_cpu=wanted.numpy(),
                max_q_seqlen=1,
                max_kv_seqlen=part.model_inputs.max_kv_seqlen,
                sum_kv_seqlen=part.model_inputs.sum_kv_seqlen,
            )
        )
        if self.model_inputs is None:
            for name in ('model_inputs', 'extra_inputs', 'stopping_criteria', 'sampling_delta'):
                setattr(self, name, getattr(part, name))
            return
        from lmdeploy.pytorch.strategies.ar import step_inputs

        self.model_inputs = step_inputs.merge_model_inputs(self.model_inputs, part.model_inputs)
        self.extra_inputs = self.extra_inputs.merge(part.extra_inputs)
        self.stopping_criteria = self.stopping_criteria.merge(part.stopping_criteria)
        self.sampling_delta = step_inputs.merge_sampling_delta(
            self.sampling_delta, part.sampling_delta, self._pad_token_id
        )

    return merge_prefill


@CPU.patch(
    'lmdeploy.pytorch.paging.prefill_scheduler:_PrefillScheduler.schedule',
    'Prompts to score (logprob_start_len) and prompts to continue went into one prefill batch, and all of it was taken '
    'for scoring: answers of one wrong token, or an IndexError that ended the engine. Now one kind at a time.',
)
def score_apart(old):

    def schedule(self, *, waiting, stopped, **kwargs):
        if not on_cpu():
            return old(self, waiting=waiting, stopped=stopped, **kwargs)
        kinds = {}  # in the order of their first request
        for seq in waiting:
            kinds.setdefault(seq.logprob_start_pos >= 0, []).append(seq)
        for kind, seqs in kinds.items():
            others = kinds.get(not kind, [])  # may still give their blocks
            running = old(self, waiting=list(seqs), stopped=stopped + others, **kwargs)
            if running:
                return running
        return []

    return schedule


@CPU.patch(
    'lmdeploy.pytorch.engine.model_agent.agent:BaseModelAgent._step_postprocess_with_output',
    'Sampling divides the logits by the temperature in place, and returned logits share their memory.',
)
def keep_logits(old):

    def _step_postprocess_with_output(self, last_logits, logits, *args, return_logits=False, **kwargs):
        if return_logits and on_cpu():
            last_logits = last_logits.clone()
        return old(self, last_logits, logits, *args, return_logits=return_logits, **kwargs)

    return _step_postprocess_with_output


@CPU.patch(
    'lmdeploy.pytorch.messages:HistoryLogits.get_logits',
    'Logits of a chunked prompt are kept as int16 words, of which a float32 has two: the shape came out wrong.',
)
def float32_history(old):

    def get_logits(self):
        if not on_cpu() or self._data is None or self._torch_dtype is None:
            return old(self)
        return torch.from_numpy(self.get_real().copy()).view(self._torch_dtype)

    return get_logits


@CPU.patch(
    'lmdeploy.pytorch.engine.logits_process:FusedLogitsProcessor.sampling',
    "random_seed and the API's seed did nothing in the default sampler: ops/sampling.py.",
)
def repeatable_sampling(old):

    def sampling(self, logits):
        if logits.device.type != 'cpu' or self.sampling_inputs.max_top_k == 1:
            return old(self, logits)
        from lmdeploy_cpu.ops.sampling import sample

        with torch.inference_mode():
            return sample(logits, self.sampling_inputs)

    return sampling


@CPU.patch(
    'lmdeploy.pytorch.engine.model_agent.agent:BaseModelAgent.async_forward',
    'A forward pass on the CPU blocks the event loop: without some turns of it, streamed tokens come in lumps.',
)
def let_others_run(old):

    async def async_forward(self, *args, **kwargs):
        output = await old(self, *args, **kwargs)
        if on_cpu():
            waiting = getattr(asyncio.get_running_loop(), '_ready', True)  # asyncio's queue of callbacks; others: guess
            streams = open_streams()
            for _ in range(LOOP_TURNS * max(1, min(streams, MOST_STREAMS))):
                await asyncio.sleep(0)
                if not waiting and streams < 2:
                    break
        return output

    return async_forward


@CPU.patch(
    'lmdeploy.pytorch.engine.mp_engine.zmq_engine:ZMQMPEngine.__init__',
    "A race at the server's start: the manager that carries the port shuts down while the engine process still "
    'talks to it (EOFError). Here it lives until the engine has answered its first call.',
)
def keep_manager(old):

    def __init__(self, model_path, engine_config=None, *args, **kwargs):
        if engine_config is None or engine_config.device_type != 'cpu':
            return old(self, model_path, engine_config, *args, **kwargs)
        from lmdeploy.pytorch.engine.mp_engine import zmq_engine

        real, late = zmq_engine.mp, LateManagers(zmq_engine.mp)
        zmq_engine.mp = late
        try:
            old(self, model_path, engine_config, *args, **kwargs)
        finally:
            zmq_engine.mp = real
            late.shutdown()

    return __init__


class LateManagers:
    """`torch.multiprocessing`, but a manager survives its `with` block until `shutdown()`."""

    def __init__(self, real):
        self._real, self._managers = real, []

    def __getattr__(self, name):
        return getattr(self._real, name)

    def Manager(self):
        self._managers.append(self._real.Manager())
        return self

    def __enter__(self):
        return self._managers[-1]

    def __exit__(self, *exc):
        return None

    def shutdown(self):
        for manager in self._managers:
            manager.shutdown()


@CPU.patch(
    'lmdeploy.serve.core.async_engine:AsyncEngine._determine_gen_config',
    'Token ids outside the vocabulary, negative min_p and the like ended the engine: now a 400, or an error.',
)
def check_prompt(old):

    def _determine_gen_config(self, input_ids, gen_config=None):
        gen_config = old(self, input_ids, gen_config)
        if getattr(self.backend_config, 'device_type', None) == 'cpu':
            check_request(input_ids, gen_config, vocab_size(self.hf_cfg))
            if self.speculative_config is not None:
                check_speculative_request(gen_config)
        return gen_config

    return _determine_gen_config


@CPU.patch('lmdeploy.serve.core.async_engine:AsyncEngine.async_get_logits', 'The same, for logits.')
def check_logits_prompts(old):

    def async_get_logits(self, input_ids, *args, **kwargs):
        if getattr(self.backend_config, 'device_type', None) == 'cpu':
            for i, ids in enumerate(input_ids):
                _check_scored(self, ids, f'input_ids[{i}]')
        return old(self, input_ids, *args, **kwargs)

    return async_get_logits


@CPU.patch('lmdeploy.serve.core.async_engine:AsyncEngine.async_get_ppl', 'The same, for perplexity.')
def check_scored_prompt(old):

    async def async_get_ppl(self, input_ids):
        if getattr(self.backend_config, 'device_type', None) == 'cpu':
            _check_scored(self, input_ids, 'input_ids')
        return await old(self, input_ids)

    return async_get_ppl


def _check_scored(async_engine, ids, what):
    if async_engine.speculative_config is not None:
        raise UnsupportedError('scoring a prompt does not go with speculative decoding: use an engine without a draft')
    check_token_ids(ids, vocab_size(async_engine.hf_cfg), what)
    if not 0 < len(ids) < async_engine.session_len:
        raise ValueError(f'{what} has {len(ids)} tokens; between 1 and {async_engine.session_len - 1} fit')


@CPU.patch(
    'lmdeploy.serve.openai.endpoints.common:validate_request',
    'A min_p outside [0, 1] gave a 500 from /generate and /v1/completions (on any device); now a 400.',
)
def check_min_p(old):

    def validate_request(request, server_context, *args, **kwargs):
        error = old(request, server_context, *args, **kwargs)
        min_p = getattr(request, 'min_p', None)
        if error is not None or min_p is None or 0 <= min_p <= 1:
            return error
        from http import HTTPStatus

        from lmdeploy.serve.openai.errors import create_error_response

        return create_error_response(HTTPStatus.BAD_REQUEST, f'The min_p {min_p!r} must be in [0, 1].')

    return validate_request


@CPU.patch(
    'lmdeploy.pytorch.engine.engine_instance:EngineInstance.async_stream_infer',
    'The last defence of the engine, for callers that bypass the checks above.',
)
def guard_engine(old):

    async def async_stream_infer(self, session_id, input_ids, gen_config=None, *args, **kwargs):
        if self.engine.engine_config.device_type == 'cpu':
            from lmdeploy.messages import EngineOutput, ResponseType
            from lmdeploy.utils import get_logger

            try:
                check_request(input_ids, gen_config, self.engine.model_config.vocab_size)
            except ValueError as e:
                get_logger('lmdeploy').error(f'lmdeploy_cpu: session[{session_id}] refused: {e}')
                yield EngineOutput(ResponseType.NOT_SUPPORTED, [])
                return
        async for output in old(self, session_id, input_ids, gen_config, *args, **kwargs):
            yield output

    return async_stream_infer
