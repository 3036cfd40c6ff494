"""JupyterHub for a class on one machine: one checkout and its environment for all, and one GPU (README.md tells how).

Also for The Littlest JupyterHub: a link to this file in /opt/tljh/config/jupyterhub_config.d.  What it has set, its
spawner, proxy and authenticator, stays.  The variables that are read here are listed in README.md.
"""

import os
import secrets
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub gives it

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HUB = Path(sys.executable).parent  # its proxy lies beside it
littlest = 'spawner_class' in c.JupyterHub

python = os.environ.get('CLASS_PYTHON') or str(ROOT / '.venv' / 'bin' / 'python')  # the course's
learners = int(os.environ.get('CLASS_LEARNERS') or 30)
memory_gb = float(os.environ.get('CLASS_MEMORY_GB') or 6)
idle_s = int(60 * float(os.environ.get('CLASS_IDLE_MINUTES') or 60))
models = os.environ.get('CLASS_MODELS') or '/srv/lmdeploy-class/models'
submissions = os.environ.get('CLASS_SUBMISSIONS') or '/srv/lmdeploy-class/submissions'
state = Path(os.environ.get('CLASS_STATE') or ROOT / 'build' / 'class')
shared_model = os.environ.get('CLASS_SHARED_MODEL') or ''
shared_port = int(os.environ.get('CLASS_SHARED_PORT') or 23300)

if not Path(python).exists():
    sys.exit(f'[FAIL] {python} is not there: `make lab` sets the course up, or CLASS_PYTHON names its Python')

# ---- one environment for all, a folder for each

single_user = list(c.Spawner.cmd) if 'cmd' in c.Spawner else [str(HUB / 'jupyterhub-singleuser')]
c.Spawner.cmd = [python, str(HERE / 'start.py'), *single_user]
c.Spawner.environment = {
    'COURSE_HOME': '~/lmdeploy-course',  # of each learner: their copies in work/
    'COURSE_MODELS': models,
    'CLASS_SUBMISSIONS': submissions,
    'CLASS_MEMORY_BYTES': str(int(memory_gb * 2**30)),
    'COURSE_LANG': os.environ.get('COURSE_LANG') or 'en',
    # What comes at once is short; all at once share the processor.
    'OMP_NUM_THREADS': str(max(1, 2 * (os.cpu_count() or 1) // learners)),
    'NO_PROXY': '127.0.0.1,localhost',
    'no_proxy': '127.0.0.1,localhost',
    'JUPYTER_PREFER_ENV_PATH': '1',
}

# ---- limits

# systemd's spawners hold a learner's server with its kernels to this; start.py holds each process to it anywhere.
c.Spawner.mem_limit = int(memory_gb * 2**30)
c.Spawner.args = [
    f'--MappingKernelManager.cull_idle_timeout={idle_s}',
    f'--MappingKernelManager.cull_interval={max(5, min(300, idle_s // 2))}',
    '--MappingKernelManager.cull_connected=True',  # a page that was left open
    f'--ServerApp.shutdown_no_activity_timeout={2 * idle_s}',  # the server itself, when no kernel is left
]
c.JupyterHub.concurrent_spawn_limit = 10
c.JupyterHub.active_server_limit = learners + 2  # and who teaches

# ---- one server for all: chapter 5's client, `openai.OpenAI()`

if shared_model:
    # Given to learners, never on a command line; its owner's environment is for nobody else to read.
    key = os.environ.get('LMDEPLOY_API_KEY') or secrets.token_urlsafe(32)
    # Not LMDEPLOY_API_KEY: a server that a learner starts has a key of its own, which that would hide.
    c.Spawner.environment['OPENAI_BASE_URL'] = f'http://127.0.0.1:{shared_port}/v1'
    c.Spawner.environment['OPENAI_API_KEY'] = key
    c.Spawner.environment['CUDA_VISIBLE_DEVICES'] = ''  # the card is that server's
    passed = {name: os.environ[name] for name in ('CUDA_VISIBLE_DEVICES', 'XDG_CACHE_HOME') if name in os.environ}
    passed |= {'LMDEPLOY_API_KEY': key, 'COURSE_MODELS': models, 'PYTHONPATH': str(ROOT)}
    options = (os.environ.get('CLASS_SHARED_OPTIONS') or '').split()
    command = [python, str(HERE / 'shared_server.py'), shared_model, str(shared_port), *options]
    c.JupyterHub.services = [
        *(c.JupyterHub.services if 'services' in c.JupyterHub else []),
        {'name': 'shared-model', 'command': command, 'environment': passed, 'cwd': str(ROOT)},
    ]

# ---- where homework lands: everybody may make a folder of their own there, nobody may list or read (start.py)

if not (folder := Path(submissions)).exists():
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        sys.exit(f'[FAIL] {folder}: {error.strerror}; CLASS_SUBMISSIONS names another folder for homework')
    folder.chmod(0o1733)

# ---- JupyterHub alone: where it listens, who may come, what it keeps

if not littlest:
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    c.JupyterHub.bind_url = os.environ.get('CLASS_BIND_URL') or 'http://127.0.0.1:8000'
    c.JupyterHub.db_url = f'sqlite:///{state}/jupyterhub.sqlite'
    c.JupyterHub.cookie_secret_file = str(state / 'cookie_secret')
    c.ConfigurableHTTPProxy.pid_file = str(state / 'proxy.pid')
    c.ConfigurableHTTPProxy.command = [str(HUB / 'configurable-http-proxy')]
    if users := os.environ.get('CLASS_USERS'):  # a file: a name a line; system users, unless another class checks them
        names = [line.strip() for line in Path(users).read_text(encoding='utf-8').splitlines()]
        c.Authenticator.allowed_users = {name for name in names if name and name[0] != '#'}
