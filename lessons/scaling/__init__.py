"""Chapter 10: several servers behind LMDeploy's proxy."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'clusters': ['cluster', 'is_whole'],
    },
)
