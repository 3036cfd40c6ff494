"""The dashboard for Grafana that LMDeploy ships, as the queries that it asks of Prometheus."""

import dataclasses
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class DashboardQuery:
    """One line of a panel."""

    panel: str
    legend: str  # empty where Grafana makes one from the labels
    promql: str


def monitoring_folder() -> Path:
    """LMDeploy's folder with prometheus.yaml, docker-compose.yaml and the dashboard; it comes with the package."""
    (package,) = importlib.util.find_spec('lmdeploy').submodule_search_locations
    return Path(package) / 'monitoring'


def dashboard_queries(model_name: str, window: str = '60s') -> list[DashboardQuery]:
    """Every query of the dashboard, with Grafana's two variables filled in.

    Args:
        model_name: in the place of `$model_name`, which one chooses above the dashboard.
        window: in the place of `$__rate_interval`.  Grafana takes four times its data source's scrape interval or more;
            LMDeploy's datasource.yaml names none, so Grafana's 15 s are meant.
    """
    path = monitoring_folder() / 'grafana' / 'dashboards' / 'json' / 'lmdeploy-dashboard.json'
    filled = []
    for panel, target in _targets(json.loads(path.read_text(encoding='utf-8'))['panels']):
        promql = ' '.join(target['expr'].split())
        promql = promql.replace('$model_name', model_name).replace('$__rate_interval', window)
        filled.append(DashboardQuery(panel, target['legendFormat'].replace('__auto', ''), promql))
    return filled


def _targets(panels: list[dict]) -> Iterator[tuple[str, dict]]:
    """(title of the panel, query) of all panels, those in folded rows too."""
    for panel in panels:
        for target in panel.get('targets', ()):
            yield panel['title'], target
        yield from _targets(panel.get('panels', ()))
