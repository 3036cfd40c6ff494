"""Deep dive 5: Prometheus beside the course's server, its questions in PromQL, and LMDeploy's own dashboard."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'binary': ['find_prometheus'],
        'dashboard': ['dashboard_queries', 'monitoring_folder'],
        'plots': ['plot_series'],
        'prometheus': ['watch'],
    },
)
