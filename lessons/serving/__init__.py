"""Chapter 5: LMDeploy's API server as a context manager, its key, its guard, its clients, its speed under load."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'chart': ['metrics_chart'],
        'figures': ['repeated'],
        'load': ['measure_clients'],
        'metrics': ['read_metrics'],
        'server': ['api_server', 'running_servers'],
        'tunnel': ['tunnel_command'],
    },
)
