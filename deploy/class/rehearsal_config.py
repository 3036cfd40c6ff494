"""The class rehearsed on this machine: `jupyterhub_config.py` with made-up learners, who need no system users.

`benchmarks/classroom.py` sets the variables.  Not for a class: all learners are one user of the system, and they
have one password.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub gives it
load_subconfig(str(Path(__file__).resolve().parent / 'jupyterhub_config.py'))  # noqa: F821

c.JupyterHub.authenticator_class = 'shared-password'  # JupyterHub's dummy, but not open to whoever sees the port
c.Authenticator.allowed_users = set(os.environ['REHEARSAL_LEARNERS'].split())
c.SharedPasswordAuthenticator.user_password = os.environ['REHEARSAL_TOKEN']
c.JupyterHub.spawner_class = 'simple'
c.SimpleLocalProcessSpawner.home_dir_template = os.environ['REHEARSAL_HOMES'] + '/{username}'
c.Spawner.ip = '127.0.0.1'
c.Spawner.start_timeout = c.Spawner.http_timeout = 300  # the machine may be busy

hub_port, proxy_port = os.environ['REHEARSAL_PORTS'].split()
c.JupyterHub.hub_port = int(hub_port)
c.ConfigurableHTTPProxy.api_url = f'http://127.0.0.1:{proxy_port}'

# Who teaches, for the test: starts servers, and asks for each learner's token.
c.JupyterHub.services.append({'name': 'teacher', 'api_token': os.environ['REHEARSAL_TOKEN']})
c.JupyterHub.load_roles = [
    {'name': 'teacher', 'scopes': ['admin:users', 'admin:servers', 'tokens', 'list:services'], 'services': ['teacher']}
]
