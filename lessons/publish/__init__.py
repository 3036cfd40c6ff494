"""Chapter 8, deep: a page for a model of one's own, and a folder that platforms accept."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'folder': ['Limits', 'demo'],
        'faults': ['demo_faults'],
        'trial': ['dry_run'],
        'upload': ['upload_commands'],
    },
)
