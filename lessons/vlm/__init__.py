"""Chapter 6: pictures of shapes, and questions about them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'box': ['draw_shapes', 'picture_box'],
    },
)
