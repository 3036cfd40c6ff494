"""Which methods of speculative decoding the installed LMDeploy has, and for which targets: read from its source."""

import ast
import importlib
import pkgutil
from pathlib import Path


def methods() -> dict[str, str]:
    """Method, as `SpeculativeConfig(method=…)` takes it → how it proposes: 'autoregressive' or 'diffusion'."""
    from lmdeploy.pytorch.spec_decode.proposers.base import SPEC_PROPOSERS

    importlib.import_module('lmdeploy.pytorch.spec_decode.proposers')
    return {name: proposer.proposal_method.value for name, proposer in sorted(SPEC_PROPOSERS.module_dict.items())}


def targets() -> dict[str, list[str]]:
    """File of `lmdeploy/pytorch/configurations` that knows speculative decoding → architectures, model types it names.

    A target whose configuration is built elsewhere cannot check guesses.  But `dflash` makes any configuration one that
    can; the models that hand it their hidden states are Qwen3 and Qwen3.5.
    """
    from lmdeploy.pytorch import configurations

    found = {}
    for module in pkgutil.iter_modules(configurations.__path__):
        text = (Path(configurations.__path__[0]) / f'{module.name}.py').read_text(encoding='utf-8')
        if "'ar_spec'" not in text:
            continue
        conditions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef) and n.name == 'condition']
        words = [n.value for c in conditions for n in ast.walk(c) if isinstance(n, ast.Constant)]
        found[module.name] = sorted({w for w in words if isinstance(w, str) and w.isidentifier() and w != 'model_type'})
    return found
