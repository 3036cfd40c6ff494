"""The class of `deploy/class`, rehearsed: JupyterHub started for real, learners who run a notebook each, what it takes.

    python -m benchmarks.classroom [--learners N] [--save cpu/classroom]
    python -m benchmarks.classroom --plan 30       # the arithmetic for a class, from the record; starts nothing

The hub, its proxy and JupyterLab are those of `make hub` ($HUB_PYTHON names another Python).  All listens on 127.0.0.1,
on free ports, and ends with the program.  Memory is the proportional share (PSS: what processes share is divided among
them), read while all of it runs.
"""

import asyncio
import contextlib
import dataclasses
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import aiohttp
import psutil

from benchmarks.command_line import CommandLine
from benchmarks.saving import new_record, save_record
from helpers.records import Record, load_record

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / 'deploy' / 'class'
NAMES = ('wang', 'li', 'anna', 'ming', 'chen', 'zhao')
PATIENCE_S = 300

# What a learner does first in chapters 1 to 3, and in chapter 5 as a client of the class's server.
ASK_SERVER = """from openai import OpenAI
client = OpenAI()
model = client.models.list().data[0].id
reply = client.chat.completions.create(model=model, messages=[{'role': 'user', 'content': 'hello'}], max_tokens=16)
print(reply.choices[0].message.content)"""
OWN_ENGINE = """import os
os.environ.setdefault('LMDEPLOY_CPU_MEMORY_GB', '3')  # as the chapters do
from lmdeploy import pipeline
from helpers import engine_config, model_path
pipe = pipeline(str(model_path('tiny-chat')), backend_config=engine_config(session_len=2048))
print(pipe('hello').text)"""


def hub_python() -> Path:
    """The Python with JupyterHub."""
    return Path(os.environ.get('HUB_PYTHON') or ROOT / 'build' / 'hub' / 'bin' / 'python').absolute()


@dataclasses.dataclass
class Classroom:
    """A hub that runs; `classroom` makes it."""

    process: psutil.Process
    url: str  # of the hub's proxy, without a slash at its end
    teacher: str  # a token that starts servers, and makes tokens of learners
    key: str  # of the class's server
    shared_port: int
    folder: Path  # learners' homes in homes/, their homework in submissions/
    learners: tuple[str, ...]
    http: aiohttp.ClientSession
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    async def ask(self, method: str, path: str, token: str, body=None) -> tuple[int, object]:
        """Status and JSON, or text, of the answer to a request."""
        headers = {'Authorization': f'token {token}'}
        async with self.http.request(method, self.url + path, headers=headers, json=body) as answer:
            text = await answer.text()
            with contextlib.suppress(ValueError):
                return answer.status, json.loads(text)
            return answer.status, text

    async def start(self, learner: str) -> None:
        """Start the learner's server, wait until it answers, and get a token of theirs."""
        status, said = await self.ask('POST', f'/hub/api/users/{learner}', self.teacher)
        assert status in (201, 409), said
        status, said = await self.ask('POST', f'/hub/api/users/{learner}/tokens', self.teacher, {'note': 'rehearsal'})
        assert status == 201, said
        self.tokens[learner] = said['token']
        status, said = await self.ask('POST', f'/hub/api/users/{learner}/server', self.teacher)
        assert status in (201, 202), said
        deadline = time.monotonic() + PATIENCE_S
        while not (user := (await self.ask('GET', f'/hub/api/users/{learner}', self.teacher))[1])['server']:
            if not user['pending'] or time.monotonic() > deadline:
                raise RuntimeError(f"{learner}'s server did not start")
            await asyncio.sleep(0.2)

    async def kernel(self, learner: str) -> str:
        """Start a kernel in the learner's server; its id."""
        status, said = await self.ask('POST', f'/user/{learner}/api/kernels', self.tokens[learner], {'name': 'python3'})
        assert status == 201, said
        return said['id']

    async def execute(self, learner: str, kernel: str, code: str) -> str:
        """What the code prints in the kernel; RuntimeError with its traceback."""
        path = f'{self.url}/user/{learner}/api/kernels/{kernel}/channels'
        headers, asked, printed = {'Authorization': f'token {self.tokens[learner]}'}, uuid.uuid4().hex, ''
        header = {'msg_id': asked, 'msg_type': 'execute_request', 'session': asked, 'username': '', 'version': '5.3'}
        content = {'code': code, 'silent': False, 'store_history': False, 'allow_stdin': False, 'stop_on_error': True}
        message = {'header': header, 'parent_header': {}, 'metadata': {}, 'content': content, 'channel': 'shell'}
        async with self.http.ws_connect(path, headers=headers, max_msg_size=0) as channel:
            await channel.send_json(message | {'buffers': []})
            async with asyncio.timeout(PATIENCE_S):
                async for raw in channel:
                    got = json.loads(raw.data)
                    if got['parent_header'].get('msg_id') != asked:
                        continue
                    if got['msg_type'] == 'stream' and got['content']['name'] == 'stdout':
                        printed += got['content']['text']
                    elif got['msg_type'] == 'error':
                        lines = '\n'.join(got['content']['traceback'])
                        raise RuntimeError(re.sub(r'\x1b\[[\d;]*m', '', lines))
                    elif got['msg_type'] == 'status' and got['content']['execution_state'] == 'idle':
                        return printed
        raise RuntimeError(f"{learner}'s kernel hung up")

    async def shared_server_ready(self) -> None:
        """Wait for the class's server."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                timeout = aiohttp.ClientTimeout(total=2)
                async with self.http.get(f'http://127.0.0.1:{self.shared_port}/health', timeout=timeout) as answer:
                    if answer.ok:
                        return
            if time.monotonic() > deadline or not self.process.is_running():
                raise RuntimeError(f"the class's server is not ready after {PATIENCE_S} s")
            await asyncio.sleep(0.2)

    def parts(self) -> dict[str, list[psutil.Process]]:
        """The processes of each part; a kernel's engine has one of its own, which counts with it."""
        found = {part: [] for part in ('hub', 'proxy', 'shared_server', 'lab_servers', 'kernels')}
        signs = {'shared_server.py': 'shared_server', 'configurable-http-proxy': 'proxy', 'ipykernel': 'kernels'}
        signs['jupyterhub-singleuser'] = 'lab_servers'

        def walk(process: psutil.Process, part: str) -> None:
            with contextlib.suppress(psutil.Error):  # it ended
                line = ' '.join(process.cmdline())
                part = next((named for sign, named in signs.items() if sign in line), part)
                found[part].append(process)
                for child in process.children():
                    walk(child, part)

        walk(self.process, 'hub')
        return found

    def listening(self) -> set[tuple[str, int]]:
        """(address, port) of every socket of the class's processes that takes connections."""
        return listening([self.process, *self.process.children(recursive=True)])


def listening(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    """(address, port) of every socket of the processes that takes connections."""
    found = set()
    for process in processes:
        with contextlib.suppress(psutil.Error):
            found |= {tuple(c.laddr) for c in process.net_connections('tcp') if c.status == psutil.CONN_LISTEN}
    return found


def pss_mib(processes: list[psutil.Process]) -> float:
    """Memory of the processes, what they share with others divided."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20


@contextlib.asynccontextmanager
async def classroom(learners: tuple[str, ...], folder: Path, **variables: str):
    """Start the hub in `folder` (empty), as a `Classroom`, and end all of it; RuntimeError with the end of its log.

    `variables`: of `deploy/class/README.md`.
    """
    with contextlib.ExitStack() as taken:
        sockets = [taken.enter_context(socket.create_server(('127.0.0.1', 0))) for _ in range(4)]
        public, hub, proxy, shared = (one.getsockname()[1] for one in sockets)
    teacher, key = secrets.token_hex(24), secrets.token_urlsafe(24)
    for name in ('homes', 'state', 'cache'):
        (folder / name).mkdir()
    keep = {k: v for k, v in os.environ.items() if not k.startswith(('JUPYTER', 'JPY_', 'CLASS_', 'OPENAI_'))}
    bin_folders = f'{hub_python().parent}{os.pathsep}{os.environ["PATH"]}'
    environment = keep | {
        'PATH': bin_folders,
        'CLASS_PYTHON': sys.executable,
        'CLASS_BIND_URL': f'http://127.0.0.1:{public}',
        'CLASS_STATE': str(folder / 'state'),
        'CLASS_MODELS': str(ROOT / 'models'),
        'CLASS_SUBMISSIONS': str(folder / 'submissions'),
        'CLASS_SHARED_MODEL': 'tiny-chat',
        'CLASS_SHARED_PORT': str(shared),
        'LMDEPLOY_API_KEY': key,
        'XDG_CACHE_HOME': str(folder / 'cache'),
        'CONFIGPROXY_AUTH_TOKEN': secrets.token_hex(24),
        'REHEARSAL_LEARNERS': ' '.join(learners),
        'REHEARSAL_TOKEN': teacher,
        'REHEARSAL_HOMES': str(folder / 'homes'),
        'REHEARSAL_PORTS': f'{hub} {proxy}',
        **variables,
    }
    log = folder / 'hub.log'
    command = [str(hub_python()), '-m', 'jupyterhub', '-f', str(CLASS / 'rehearsal_config.py')]
    with open(log, 'wb') as out:
        started = psutil.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    family: list[psutil.Process] = []
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as http:
            room = Classroom(started, f'http://127.0.0.1:{public}', teacher, key, shared, folder, learners, http)
            await _ready(room, started, log)
            yield room
    finally:
        with contextlib.suppress(psutil.Error):
            family = started.children(recursive=True)
        started.send_signal(signal.SIGTERM)  # it ends the proxy, the services and the learners' servers
        with contextlib.suppress(psutil.TimeoutExpired):
            started.wait(30)
        for process in [started, *family]:  # nothing is left in any case
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(family, timeout=10)


async def _ready(room: Classroom, started, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            if (await room.ask('GET', '/hub/api/', room.teacher))[0] == 200:
                return
        if started.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f'the hub does not start:\n{log.read_text(errors="replace")[-3000:]}')
        await asyncio.sleep(0.2)


async def measure(learners: tuple[str, ...], folder: Path) -> dict:
    """MiB of each part, a learner's on average; bytes on the disk."""
    async with classroom(learners, folder) as room:
        await asyncio.gather(*map(room.start, learners), room.shared_server_ready())
        kernels = {learner: await room.kernel(learner) for learner in learners}
        for learner, kernel in kernels.items():
            await room.execute(learner, kernel, 'print(1)')
        data = {'learners': len(learners), 'idle_kernel_mib': pss_mib(room.parts()['kernels']) / len(learners)}
        for learner, kernel in kernels.items():
            await room.execute(learner, kernel, ASK_SERVER)
        parts = room.parts()
        data['client_kernel_mib'] = pss_mib(parts['kernels']) / len(learners)
        data['lab_server_mib'] = pss_mib(parts['lab_servers']) / len(learners)
        data |= {f'{part}_mib': pss_mib(parts[part]) for part in ('hub', 'proxy', 'shared_server')}
        data['ports_a_learner'] = len(listening(parts['lab_servers'] + parts['kernels'])) / len(learners)
        for learner, kernel in kernels.items():
            await room.execute(learner, kernel, OWN_ENGINE)
        data['engine_kernel_mib'] = pss_mib(room.parts()['kernels']) / len(learners)
        homes = [path for path in (folder / 'homes').rglob('*') if path.is_file() and not path.is_symlink()]
        data['home_mib'] = mib_of(homes) / len(learners)
        data['environment_mib'] = mib_of(path for path in Path(sys.prefix).rglob('*') if path.is_file())
        return {name: round(value, 1) for name, value in data.items()}


def mib_of(files) -> float:
    """What the files hold, those that are links left out."""
    return sum(path.lstat().st_size for path in files if not path.is_symlink()) / 2**20


def plan(record: Record, learners: int) -> str:
    """What a machine for so many learners needs, in the record's figures: memory, ports, disk."""
    figures = record.data
    common = figures['hub_mib'] + figures['proxy_mib'] + figures['shared_server_mib']
    lines = [record.describe(), f'figures of {figures["learners"]} learners, for {learners}; MiB', '']

    def add(what: str, *terms: float, unit: str = 'GiB') -> None:
        total = sum(terms) / 1024 if unit == 'GiB' else sum(terms)
        lines.append(f'{what:<52} {total:>7,.1f} {unit}')

    for what, parts in {
        'for all': {'hub': 'the hub', 'proxy': 'its proxy', 'shared_server': 'the shared server (on a CPU)'},
        'for each': {'lab_server': 'JupyterLab'},
        'a kernel': {'idle_kernel': 'idle', 'client_kernel': 'as a client', 'engine_kernel': 'with an engine'},
    }.items():
        said = ', '.join(f'{name} {figures[f"{part}_mib"]:,.0f}' for part, name in parts.items())
        lines.append(f'{what}: {said}')
    lines.append('')
    for what, kernel in (('clients of the shared server', 'client'), ('an engine of their own each', 'engine')):
        one = figures['lab_server_mib'] + figures[f'{kernel}_kernel_mib']
        add(f'memory, {what}', common, learners * one)
    two = figures['lab_server_mib'] + 2 * figures['engine_kernel_mib']
    add('memory, and each forgot a second one', common, learners * two)
    add('disk, one environment and a folder each', figures['environment_mib'], learners * figures['home_mib'])
    add("disk, were the environment each one's own", learners * (figures['environment_mib'] + figures['home_mib']))
    lines.append(f'{"ports on 127.0.0.1":<52} {learners * figures["ports_a_learner"]:>7,.0f}')
    return '\n'.join(lines)


def main() -> None:
    parser = CommandLine(__doc__, 'cpu/classroom')
    parser.add_argument('--learners', type=int, choices=range(1, len(NAMES) + 1), default=3)
    parser.add_argument('--plan', type=int, metavar='LEARNERS', help='the arithmetic for so many, from the record')
    args = parser.parse_args()
    if args.plan:
        print(plan(load_record('cpu/classroom'), args.plan))
        return
    if not hub_python().exists():
        sys.exit(f'[FAIL] {hub_python()} is not there: make hub')
    with tempfile.TemporaryDirectory(prefix='class-') as folder:
        data = asyncio.run(measure(NAMES[: args.learners], Path(folder)))
    for name, value in data.items():
        print(f'{name:<20} {value:>8,.1f}')
    if args.save:
        record = new_record('classroom', model='tiny-chat', weights='trained', data=data, commit=args.commit)
        print(save_record(record, args.save))


if __name__ == '__main__':
    main()
