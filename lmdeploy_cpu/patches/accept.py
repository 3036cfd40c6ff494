"""Changes that let LMDeploy's configuration and command line take the device 'cpu', and refuse early what it lacks."""

from lmdeploy_cpu.limits import UnsupportedError, check_draft, check_engine_config, check_model

from . import CPU
from .processes import end_with_parent

DEFAULT_MAX_BATCH_SIZE = 32


@CPU.patch(
    'lmdeploy.messages:PytorchEngineConfig.__post_init__',
    "LMDeploy's checks know neither device_type='cpu' nor dtype='float32'; and what the CPU lacks is refused here.",
)
def accept_config(old):

    def __post_init__(self):
        if self.device_type != 'cpu':
            return old(self)
        check_engine_config(self)
        dtype = self.dtype
        self.device_type, self.dtype = 'cuda', 'auto'  # so that LMDeploy's own checks of everything else run
        try:
            old(self)
        finally:
            self.device_type, self.dtype = 'cpu', dtype
        self.eager_mode = True
        if self.logprobs_mode is None:
            self.logprobs_mode = 'raw_logprobs'  # else every request for log-probabilities is refused

    return __post_init__


@CPU.patch('lmdeploy.utils:get_max_batch_size', 'No default for the CPU.')
def default_batch_size(old):
    return lambda device_type: DEFAULT_MAX_BATCH_SIZE if device_type == 'cpu' else old(device_type)


@CPU.patch('lmdeploy.utils:is_bf16_supported', 'No answer for the CPU; torch has bfloat16 on every CPU.')
def bf16(old):
    return lambda device_type='cuda': device_type == 'cpu' or old(device_type)


@CPU.patch('lmdeploy.cli.utils:ArgumentHelper.device', '--device cpu on every command.')
def device_argument(old):

    def device(parser, default='cuda', choices=('cuda', 'ascend', 'maca', 'camb')):
        return old(parser, default, [*choices, 'cpu'])

    return device


@CPU.patch('lmdeploy.cli.utils:ArgumentHelper.dtype', '--dtype float32 on every command.')
def dtype_argument(old):

    def dtype(parser, default='auto'):
        action = old(parser, default)
        action.choices = [*action.choices, 'float32']
        action.help += '. float32 is for --device cpu, where "auto" keeps FP32 and computes FP16 in FP32'
        return action

    return dtype


@CPU.patch(
    'lmdeploy.cli.lite:SubCliLite.auto_awq',
    '--search-scale keeps the weights to go back to with `.cpu()`, no copy on a CPU: what it tries would stay.',
)
def refuse_scale_search(old):

    def auto_awq(args):
        if args.device == 'cpu' and args.search_scale:
            raise UnsupportedError(
                '--search-scale does not work on a CPU: LMDeploy 0.18.0 would spoil the weights that it searches with. '
                'Leave it out (the scales are then those of exponent 0.5), or quantise on a GPU'
            )
        return old(args)

    return auto_awq


@CPU.patch(
    'lmdeploy.pytorch.config:_update_torch_dtype',
    "'auto' would turn float32 into float16, which a CPU computes slowly; here float32 stays, float16 is widened.",
)
def choose_dtype(old):

    def _update_torch_dtype(config, dtype, device_type='auto'):
        if device_type != 'cpu':
            return old(config, dtype, device_type)
        import torch

        hf = config.hf_config
        if dtype == 'auto':
            kept = [getattr(c, 'dtype', None) for c in (hf, getattr(hf, 'text_config', None))]
            kept = next((str(d).split('.')[-1] for d in kept if d is not None), 'float32')
        else:
            kept = dtype
        config = old(config, kept, device_type)
        config.dtype = torch.bfloat16 if kept == 'bfloat16' else torch.float32
        return config

    return _update_torch_dtype


@CPU.patch(
    'lmdeploy.pytorch.engine.engine_checker:EngineChecker.handle',
    'Its probes of CUDA, Triton and dlinfer cannot pass on a CPU; the checks of the configuration still run.',
)
def skip_cuda_probes(old):

    def handle(self):
        return self.check() if self.engine_config.device_type == 'cpu' else old(self)

    return handle


@CPU.patch(
    'lmdeploy.pytorch.engine.engine:Engine.from_pretrained',
    'Refuses a model that the CPU cannot run here, before api_server has spawned a process for it.',
)
def refuse_early(old):

    def from_pretrained(
        cls,
        pretrained_model_name_or_path,
        engine_config=None,
        speculative_config=None,
        trust_remote_code=False,
        **kwargs,
    ):
        path = pretrained_model_name_or_path
        if engine_config is not None and engine_config.device_type == 'cpu':
            check_engine_config(engine_config, speculative_config)
            path = check_model(path, engine_config, trust_remote_code)
            if speculative_config is not None:
                check_draft(speculative_config, path, engine_config)
        return old(cls, path, engine_config, speculative_config, trust_remote_code, **kwargs)

    return from_pretrained


@CPU.patch(
    'lmdeploy.pytorch.engine.engine:Engine.__init__',
    '`lmdeploy chat` sets device_type after construction, so the checks run again; the device becomes current; and the '
    'process that api_server spawns for it ends with its parent, killed or not.',
)
def make_current(old):

    def __init__(self, model_path, engine_config=None, *args, **kwargs):
        from lmdeploy.pytorch.devices import DeviceContext, get_device_manager

        device_type = 'cuda' if engine_config is None else engine_config.device_type
        get_device_manager().set_context(DeviceContext(device_type))
        if device_type == 'cpu':
            end_with_parent()
            engine_config.__post_init__()
        old(self, model_path, engine_config, *args, **kwargs)

    return __init__
