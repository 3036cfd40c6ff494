"""Guided decoding that ends where the grammar ends, on every device: README.md says it at length.

LMDeploy 0.18.0 tells xgrammar of one stop token, the tokenizer's eos; it stops at more (generation_config.json, the
chat template).  Those counted as ordinary text, which any free string of a JSON answer may hold, and there it stopped.
`enable()` applies these changes with all the others, `repair_guided()` these alone.
"""

import json

from .patching import Patches
from .pictures import PICTURES

GUIDED = Patches('guided', on_gpu=True)

STOPS = 'lmdeploy_cpu_stop_token_ids'  # in the response format, on its way from the request to the grammar


class Compilers:
    """An engine's grammar compilers, one for each set of stop tokens; `make(stops)` makes one."""

    def __init__(self, make):
        self._make, self._made = make, {}

    def of(self, stops: tuple[int, ...]):
        if stops not in self._made:
            self._made[stops] = self._make(stops)
        return self._made[stops]


def stop_token_ids(async_engine, form: dict) -> tuple[int, ...]:
    """Where LMDeploy stops whatever a request says, but for the tokens that the form itself writes out (tools' tags).

    A client's own stop words are not among them: with '}' no answer could end.
    """
    from lmdeploy.messages import GenerationConfig

    config = GenerationConfig(stop_token_ids=async_engine.stop_words)
    config.update_from_hf_gen_cfg(async_engine.hf_gen_cfg, async_engine.tokenizer.eos_token_id)
    texts = async_engine.tokenizer.model.model.convert_ids_to_tokens(config.stop_token_ids)
    written = json.dumps(form, ensure_ascii=False)
    return tuple(
        sorted(i for i, text in zip(config.stop_token_ids, texts, strict=True) if text and text not in written)
    )


@GUIDED.patch(
    'lmdeploy.serve.core.async_engine:AsyncEngine._determine_gen_config',
    'The tokens at which LMDeploy stops are known here; the grammar, which must forbid them inside of a string, knows '
    "the tokenizer's eos alone. They travel in the response format.",
)
def send_stop_tokens(old):

    def _determine_gen_config(self, input_ids, gen_config=None):
        GUIDED.apply_late()
        gen_config = old(self, input_ids, gen_config)  # a copy of the request's
        form = gen_config.response_format
        if isinstance(form, dict) and form.get('type', 'text') != 'text':
            gen_config.response_format = {**form, STOPS: stop_token_ids(self, form)}
        return gen_config

    return _determine_gen_config


@GUIDED.patch(
    'lmdeploy.pytorch.engine.guided_process:GuidedDecodingManager.__init__',
    'The PyTorch engine has one compiler of grammars, made before any stop token is known: now one for each set.',
)
def compilers_of_pytorch(old):

    def __init__(self, tokenizer, vocab_size):
        old(self, tokenizer, vocab_size)
        plain, vocab_size = self.compiler, self.vocab_size

        def make(stops):
            from lmdeploy._guided_decoding import get_interns1_encoded_vocab
            from lmdeploy.pytorch.engine.guided_process import xgr

            stops = [i for i in stops if i < vocab_size]
            if not stops:
                return plain
            if type(tokenizer).__name__ == 'InternS1Tokenizer':
                vocab = get_interns1_encoded_vocab(tokenizer, vocab_size)
                info = xgr.TokenizerInfo(
                    vocab, vocab_type=xgr.VocabType.RAW, vocab_size=vocab_size, stop_token_ids=stops
                )
            else:
                info = xgr.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size, stop_token_ids=stops)
            return xgr.GrammarCompiler(info)

        self.compiler = Compilers(make)

    return __init__


@GUIDED.patch('lmdeploy.turbomind.turbomind:TurboMind.grammar_compiler', 'The same, for TurboMind.', late=True)
def compilers_of_turbomind(old):

    def grammar_compiler(self):
        if self._grammar_compiler is None:
            from lmdeploy.turbomind import turbomind

            def make(stops):
                info = turbomind.TokenizerInfo.from_huggingface(
                    self.tokenizer.model.model,
                    vocab_size=self._vocab_size,
                    stop_token_ids=[i for i in stops if i < self._vocab_size] or None,
                )
                return turbomind._tm.GrammarCompiler(info)

            self._grammar_compiler = Compilers(make)
        return self._grammar_compiler

    return property(grammar_compiler)


for _module in ('lmdeploy.pytorch.engine.guided_process', 'lmdeploy.turbomind.turbomind'):

    @GUIDED.patch(
        f'{_module}:compile_response_format',
        'Takes the compiler of the stop tokens that came with the response format.',
        only_here=True,
        late='turbomind' in _module,
    )
    def compile_with_stop_tokens(old):

        def compile_response_format(compilers, response_format):
            form = dict(response_format)
            return old(compilers.of(tuple(form.pop(STOPS, ()))), form)

        return compile_response_format


# ---------------------------------------------------------------- other processes


for _target in ('lmdeploy.messages:PytorchEngineConfig', 'lmdeploy.pytorch.config:MiscConfig'):

    @GUIDED.patch(
        f'{_target}.__reduce_ex__',
        "The PyTorch engine's processes, of api_server and of several GPUs, learn of these changes, and of those of "
        'pictures, through the configuration they get.',
        inherited=True,
    )
    def bring_these_changes(old):

        def __reduce_ex__(self, protocol):
            if getattr(self, 'device_type', None) == 'cpu' and old is not object.__reduce_ex__:
                return old(self, protocol)  # apply.py brings all that there is
            return rebuild_config, (type(self), dict(vars(self)), bool(PICTURES.applied))

        return __reduce_ex__


def rebuild_config(kind: type, fields: dict, with_pictures: bool):
    """Unpickle a configuration in another process: make the changes there too."""
    GUIDED.apply()
    if with_pictures:
        PICTURES.apply()
    config = kind.__new__(kind)
    config.__dict__.update(fields)
    return config
