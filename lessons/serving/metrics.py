"""The numbers that LMDeploy's server gives at /metrics.

Totals and times are counted as tokens come.  The gauges (running, waiting, cache in use) are set every 10 seconds only,
by `_force_log` in lmdeploy/serve/openai/api_server.py (`log_interval = 10.`): the engine, often another process, is
asked for them just that often, and what it said stays until it is asked again.  A load shorter than that can pass
unseen.  Both engines fill all gauges; of the PyTorch engine's cache those blocks count that requests hold
(`LMDEPLOY_ENABLE_REQUEST_CACHE_USAGE_METRIC`), not those that are kept for their prefix.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class TimeSum:
    """Of a histogram of times, what is needed for its mean."""

    sum_s: float
    count: int

    @property
    def mean_s(self) -> float:
        """NaN where nothing was counted."""
        return self.sum_s / self.count if self.count else float('nan')

    def __sub__(self, earlier: 'TimeSum') -> 'TimeSum':
        return TimeSum(self.sum_s - earlier.sum_s, self.count - earlier.count)


@dataclasses.dataclass(frozen=True, slots=True)
class ServerMetrics:
    """One reading; the names are LMDeploy's, without its prefix.  Totals count from the start of the server."""

    # gauges, as they were at their last refresh
    num_requests_running: int  # in the engine's batch
    num_requests_waiting: int  # in the engine, for room in the KV cache
    num_api_requests_waiting: int  # in the API server, for one of `max_batch_size` places in the engine
    gpu_cache_usage: float  # share of the KV cache's blocks in use, 0 to 1; `gpu_cache_usage_perc` to LMDeploy
    prefix_cache_hit_rate: float  # 0 to 1
    # totals
    prompt_tokens_total: int  # of requests whose first token is there
    generation_tokens_total: int
    request_success_total: int  # answers that came to their end, cut at max_tokens or not
    # times; the server's own view: from when a request has its place in the engine, so without the wait for that
    time_to_first_token: TimeSum  # one a request
    time_per_output_token: TimeSum  # one a chunk of an answer after its first, which may hold several tokens
    request_queue_time: TimeSum  # one a finished request
    e2e_request_latency: TimeSum  # one a finished request

    @property
    def waiting(self) -> int:
        """Requests that wait, for a place or for room."""
        return self.num_api_requests_waiting + self.num_requests_waiting

    def since(self, earlier: 'ServerMetrics') -> 'ServerMetrics':
        """Totals and times counted from `earlier` on; the gauges stay."""
        changes = {
            field.name: getattr(self, field.name) - getattr(earlier, field.name)
            for field in dataclasses.fields(self)
            if field.name.endswith('_total') or field.type is TimeSum
        }
        return dataclasses.replace(self, **changes)


def read_metrics(client) -> ServerMetrics:
    """Read a server's metrics now.

    Args:
        client: an `openai.OpenAI` whose address and key are used, such as `server.client`.

    Raises:
        RuntimeError: the server is not there, wants another key, or has no metrics.
    """
    import requests

    url = str(client.base_url).rstrip('/').removesuffix('/v1') + '/metrics'
    with requests.Session() as session:
        session.trust_env = False  # no proxy between this machine and itself
        try:
            reply = session.get(url, headers={'Authorization': f'Bearer {client.api_key}'}, timeout=30)
        except requests.RequestException as error:
            raise RuntimeError(f'{url} cannot be read: {error}') from None
    if reply.status_code == 401:
        raise RuntimeError(f'{url} wants a key, and the right one')
    if reply.status_code != 200:
        raise RuntimeError(f'{url} says HTTP {reply.status_code}; a server started with --disable-metrics has none')
    return parse_metrics(reply.text)


def parse_metrics(text: str) -> ServerMetrics:
    """Read the text that LMDeploy's /metrics gives, in the format of Prometheus; labels are summed over.

    Raises:
        RuntimeError: a number of LMDeploy's is not in it.
    """
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.endswith('_bucket'):
                found[sample.name] = found.get(sample.name, 0) + sample.value

    def value(name: str) -> float:
        try:
            return found[f'lmdeploy:{name}']
        except KeyError:
            raise RuntimeError(
                f'lmdeploy:{name} is not among the metrics; is this a server of LMDeploy 0.18?'
            ) from None

    def times(name: str) -> TimeSum:
        return TimeSum(value(f'{name}_seconds_sum'), int(value(f'{name}_seconds_count')))

    return ServerMetrics(
        num_requests_running=int(value('num_requests_running')),
        num_requests_waiting=int(value('num_requests_waiting')),
        num_api_requests_waiting=int(value('num_api_requests_waiting')),
        gpu_cache_usage=value('gpu_cache_usage_perc'),
        prefix_cache_hit_rate=value('prefix_cache_hit_rate'),
        prompt_tokens_total=int(value('prompt_tokens_total')),
        generation_tokens_total=int(value('generation_tokens_total')),
        request_success_total=int(value('request_success_total')),
        time_to_first_token=times('time_to_first_token'),
        time_per_output_token=times('time_per_output_token'),
        request_queue_time=times('request_queue_time'),
        e2e_request_latency=times('e2e_request_latency'),
    )
