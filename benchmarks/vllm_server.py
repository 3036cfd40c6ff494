"""`vllm serve` as a context manager, run by a Python that has vLLM: on this machine only, with a key, surely ended."""

import contextlib
import os
import re
import secrets
import socket
import subprocess
import time
from pathlib import Path

import psutil

TAIL = 3000  # characters of the log that an error tells


def vllm_environment(python: str | Path) -> dict[str, str]:
    """This process's environment without what points Python and the loader to LMDeploy's libraries.

    `python` is vLLM's; a wrapper script may set both variables anew.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'LD_LIBRARY_PATH')}
    return kept | {'HF_HUB_OFFLINE': '1', 'VLLM_NO_USAGE_STATS': '1', 'PATH': f'{Path(python).parent}:{kept["PATH"]}'}


def options(arguments: dict) -> list[str]:
    """vLLM's arguments by name as words of its command line: {'max_num_seqs': 256} -> ['--max-num-seqs', '256']."""
    words = []
    for name, value in arguments.items():
        flag = name.replace('_', '-')
        if isinstance(value, bool):
            words.append(f'--{flag}' if value else f'--no-{flag}')
        else:
            words += [f'--{flag}', str(value)]
    return words


class VllmServer:
    """`vllm serve FOLDER` with vLLM's own `arguments`; ready when it is made, ended by `stop()` or the `with` block.

    Args:
        python: a Python that has vLLM.
        log: the file that gets what the server prints.
        command: what serves; for tests.

    Raises:
        RuntimeError: it did not start within `timeout_s`; the message shows the end of its log.
    """

    def __init__(
        self,
        python: str | Path,
        folder: str | Path,
        log: Path,
        *,
        timeout_s: float = 300.0,
        command: tuple[str, ...] = ('-m', 'vllm.entrypoints.cli.main', 'serve'),
        **arguments,
    ):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        self.line = [*command, str(folder), '--host', '127.0.0.1', '--port', str(port), *options(arguments)]
        self.url, self.key, self.log = f'http://127.0.0.1:{port}', secrets.token_urlsafe(32), Path(log)
        environment = vllm_environment(python) | {'VLLM_API_KEY': self.key}  # not where `ps` shows it
        with open(self.log, 'wb') as out:
            self._process = subprocess.Popen(
                [str(python), *self.line], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment
            )  # in this process's group, with which a campaign ends all that a case started
        try:
            self._wait(timeout_s)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> 'VllmServer':
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def client(self):
        """A client of the `openai` SDK, with the key."""
        import httpx
        import openai

        return openai.OpenAI(base_url=f'{self.url}/v1', api_key=self.key, http_client=httpx.Client(trust_env=False))

    def sizes(self) -> dict[str, int]:
        """What its log says of its cache."""
        found = re.search(r'KV cache size: ([\d,]+) tokens', self.log.read_text(errors='replace'))
        return {'cache_tokens': int(found[1].replace(',', ''))} if found else {}

    def stop(self, timeout_s: float = 10.0) -> None:
        """End all its processes."""
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._process.pid)
            below = server.children(recursive=True)
            server.terminate()
            psutil.wait_procs([server], timeout_s)
            for process in (server, *below):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(below, timeout_s)  # then their memory is free
        self._process.wait()

    def _wait(self, timeout_s: float) -> None:
        import requests

        deadline = time.monotonic() + timeout_s
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline and self._process.poll() is None:
                with contextlib.suppress(requests.RequestException):
                    if session.get(f'{self.url}/health', timeout=5).status_code == 200:
                        return
                time.sleep(0.25)
        code = self._process.poll()
        why = f'is not ready after {timeout_s:g} s' if code is None else f'ended with {code}'
        raise RuntimeError(f'vllm serve {why}:\n{self.log.read_text(errors="replace")[-TAIL:]}')
