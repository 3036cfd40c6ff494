"""A measurement in a process of its own: each row as soon as it is there, and an end whatever becomes of it."""

import contextlib
import json
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

NVML_CHECK = 'PYTORCH_NVML_BASED_CUDA_CHECK'  # torch.cuda.is_available() without starting CUDA
# How `Processes.measure` says that a measurement ended early; else it names the error.
OVER, STOPPED, GIVEN_UP, CRASHED = 'the minutes are over', 'stopped after', 'given up', 'the process ended'
FORKED = 'forked subprocess'  # in torch's error, where something used CUDA before a process was forked
TAIL = 3000  # characters of what a process printed that are told when it failed


class Processes:
    """Where measurements run.

    Args:
        method: 'forkserver': each process inherits what takes ten seconds to import; 'spawn': all anew.
        environment: variables of all processes.
    """

    def __init__(self, method: str = 'forkserver', environment: dict[str, str] | None = None):
        # Before anything is imported there: nothing is fetched, and torch looks for a GPU without starting CUDA.
        os.environ |= {'HF_HUB_OFFLINE': '1', 'TRANSFORMERS_VERBOSITY': 'error', NVML_CHECK: '1'} | (environment or {})
        self._context = multiprocessing.get_context(method)
        if method == 'forkserver':
            preload = ['lessons.speed.offline', 'lessons.llama', 'transformers', 'lmdeploy']
            self._context.set_forkserver_preload(preload)

    def call(self, function: Callable, *arguments) -> None:
        """Call a function there: drawing numbers on the GPU leaves a CUDA context behind."""
        process = self._context.Process(target=function, args=arguments)
        process.start()
        process.join()

    def measure(
        self,
        measure: Callable,
        arguments: tuple,
        *,
        keep: Callable[[dict], None],
        timeout_s: float,
        deadline: float,
        environment: dict[str, str] | None = None,
        log: Path | None = None,
        give_up: Callable[[], bool] = lambda: False,
    ) -> str | None:
        """Call `measure(*arguments, report)` there; `report(**row)` in it is `keep(row)` here.

        Args:
            timeout_s, deadline: it ends after these seconds, or at this time of `time.monotonic()`.
            environment: its variables, beside those of all processes.
            log: the file that gets what it prints; None: a temporary one.
            give_up: asked several times a second, after `keep`; True ends it.

        Returns:
            None; or why it ended early, and from the second line on the end of what it printed.
        """

        def run() -> str | None:
            with tempfile.TemporaryDirectory() as scratch:
                files = log or Path(scratch, 'log'), Path(scratch, 'out')
                for file in files:
                    file.write_bytes(b'')
                return self._run((measure, arguments, environment or {}), files, keep, timeout_s, deadline, give_up)

        why = run()
        if why and FORKED in why:
            self._context = multiprocessing.get_context('spawn')
            why = run()
        return why

    def _run(self, call, files, keep, timeout_s, deadline, give_up) -> str | None:
        begin, (log, out) = time.monotonic(), files
        process = self._context.Process(target=_work, args=(*call, str(log), str(out)))
        process.start()
        read, last = 0, {}
        try:
            while True:
                alive = process.is_alive()
                *lines, _ = out.read_text().split('\n')
                for last in map(json.loads, lines[read:]):
                    if 'row' in last:
                        keep(last['row'])
                read = len(lines)
                gives_up = give_up()
                if not alive or gives_up or time.monotonic() > min(deadline, begin + timeout_s):
                    break
                process.join(0.2)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
        printed = log.read_text(errors='replace')[-TAIL:]
        if 'done' in last:
            return None
        if 'failed' in last:
            why = last['failed']
        elif alive:
            late = OVER if time.monotonic() > deadline else f'{STOPPED} {timeout_s:g} s'
            why = GIVEN_UP if gives_up else late
        else:
            why = f'{CRASHED} with {process.exitcode}'
        return f'{why}\n{printed}'.rstrip()


def _work(measure: Callable, arguments: tuple, environment: dict[str, str], log: str, out: str) -> None:
    """In the process: what is printed goes to the file `log`, rows and the end to `out`.  Does not return."""
    os.setsid()  # so that all that it starts can be ended with it
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.pop(NVML_CHECK, None)  # with it each look for a GPU costs milliseconds, and `generate` looks often
    os.environ |= environment

    def say(**line) -> None:
        with open(out, 'a', encoding='utf-8') as file:
            file.write(json.dumps(line) + '\n')

    try:
        measure(*arguments, lambda **row: say(row=row))
        say(done=True)
    except BaseException as error:
        traceback.print_exc()
        say(failed=f'{type(error).__name__}: {error}'[:2000])
    finally:
        os._exit(0)  # an engine that is stuck would not let the process end
