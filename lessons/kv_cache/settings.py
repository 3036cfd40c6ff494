"""The settings of an engine that decide what it takes of a device's memory, in one frozen object."""

import dataclasses

from helpers.engine import BLOCK_TOKENS, SHARED_NAMES, TITLES

DEVICES = ('cuda', 'cpu')  # TurboMind runs on CUDA only


@dataclasses.dataclass(frozen=True, slots=True)
class EngineSettings:
    """What decides an engine's memory, in the names and with the defaults of LMDeploy's configurations.

    Raises ValueError for an engine or a device that LMDeploy does not have.
    """

    engine: str  # 'turbomind' | 'pytorch'
    device: str = 'cuda'  # 'cuda' | 'cpu'
    cache_max_entry_count: float = 0.8  # share of the memory left free after the weights are loaded
    quant_policy: int = 0  # of the KV cache: 0 (none), 8 (int8), 4 (int4), 16 and 17 (fp8)
    dtype: str | None = None  # None: what `engine_config` takes on this device
    session_len: int | None = None  # tokens; None: what the model has positions for
    max_batch_size: int | None = None  # requests; None: LMDeploy's for the device
    max_prefill_token_num: int = 8192
    block_tokens: int = 64  # tokens in a block of the KV cache
    tp: int = 1  # devices that share the model

    def __post_init__(self):
        if self.engine not in TITLES:
            raise ValueError(f"engine={self.engine!r}: LMDeploy's engines are 'turbomind' and 'pytorch'")
        if self.device not in DEVICES:
            raise ValueError(f"device={self.device!r}: 'cuda' or 'cpu'")
        if (self.engine, self.device) == ('turbomind', 'cpu'):
            raise ValueError("device='cpu': TurboMind runs on CUDA only")

    @classmethod
    def of(cls, config) -> 'EngineSettings':
        """Of a TurbomindEngineConfig or a PytorchEngineConfig."""
        engine = 'turbomind' if hasattr(config, BLOCK_TOKENS['turbomind']) else 'pytorch'
        device = 'cpu' if getattr(config, 'device_type', 'cuda') == 'cpu' else 'cuda'
        shared = {name: getattr(config, name) for name in SHARED_NAMES}
        shared['quant_policy'] = int(shared['quant_policy'])  # an enumeration in LMDeploy
        return cls(engine, device, block_tokens=getattr(config, BLOCK_TOKENS[engine]), **shared)

    @classmethod
    def from_stored(cls, fields: dict) -> 'EngineSettings':
        """Of a JSON object in a record or in evidence, where engine 'cpu' is the PyTorch engine on the CPU device.

        Fields that are missing or null have their default; what is no setting is passed over.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        given = {name: value for name, value in fields.items() if name in names and value is not None}
        engine, device = engine_and_device(given['engine'])
        return cls(**{'device': device, **given, 'engine': engine})

    def stored(self) -> dict:
        """As `from_stored` reads it."""
        fields = dataclasses.asdict(self)
        if fields.pop('device') == 'cpu':
            fields['engine'] = 'cpu'
        return fields

    def arguments(self) -> dict:
        """As `engine_config` takes them; what is None is left to LMDeploy."""
        shared = {name: getattr(self, name) for name in SHARED_NAMES}
        given = {name: value for name, value in shared.items() if value is not None}
        device = {'device_type': self.device} if self.engine == 'pytorch' else {}
        return {'engine': self.engine, BLOCK_TOKENS[self.engine]: self.block_tokens} | given | device


def engine_and_device(stored: str) -> tuple[str, str]:
    """An engine as records and evidence name it: 'cpu' is the PyTorch engine on the CPU device."""
    return ('pytorch', 'cpu') if stored == 'cpu' else (stored, 'cuda')
