"""The manifests in deploy/: valid Kubernetes, agreeing with each other and with LMDeploy; and register.py, for real."""

import copy
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest
import yaml
from command_lines import CommandLine, refusals
from patience import PATIENCE_S

from lessons.watching.prometheus import MENDED_NAMES

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / 'deploy'
DEFINITIONS = json.loads((ROOT / 'tests' / 'deploy' / 'kubernetes' / 'definitions.json').read_text())
KUSTOMIZATION = yaml.safe_load((DEPLOY / 'kustomization.yaml').read_text())
FILES = [DEPLOY / name for name in KUSTOMIZATION['resources']]
MANIFESTS = {(m['kind'], m['metadata']['name']): m for path in FILES for m in yaml.safe_load_all(path.read_text()) if m}


def definition_of(manifest) -> str:
    """The name of the definition whose kind and version these are."""
    group, _, version = manifest['apiVersion'].rpartition('/')
    wanted = {'group': group, 'kind': manifest['kind'], 'version': version}
    (name,) = (n for n, d in DEFINITIONS.items() if wanted in d.get('x-kubernetes-group-version-kind', []))
    return name


def check(manifest) -> None:
    schema = {'$ref': f'#/$defs/{definition_of(manifest)}', '$defs': DEFINITIONS}
    jsonschema.Draft202012Validator(schema).validate(manifest)


def pod(name):
    return MANIFESTS['Deployment', name]['spec']['template']['spec']


def container(name, which=0):
    return pod(name)['containers'][which]


# ------------------------------------------------------------------------------------------------------------ valid


@pytest.mark.parametrize('key', MANIFESTS, ids=' '.join)
def test_valid_by_kubernetes_own_schema(key):
    check(MANIFESTS[key])


@pytest.mark.parametrize(
    ('where', 'value'),
    [
        (('spec', 'replica'), 2),
        (('spec', 'replicas'), 'two'),
        (('spec', 'template', 'spec', 'containers', 0, 'ports', 0, 'containerPort'), 'http'),
        (('spec', 'template', 'spec', 'containers', 0, 'readinessProbe', 'httpget'), {'path': '/health'}),
        (('spec', 'template', 'spec', 'containers', 0, 'env', 1, 'valueFrom', 'secretKeyRef'), {'name': 'x'}),
    ],
    ids=str,
)
def test_the_schema_can_refuse(where, value):
    wrong = copy.deepcopy(MANIFESTS['Deployment', 'lmdeploy-server'])
    inner = wrong
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        check(wrong)


def test_every_file_is_in_the_kustomization():
    there = {path.name for path in DEPLOY.iterdir() if path.is_file()} - {'key.txt'}
    generated = {'register.py'}
    assert there == {*KUSTOMIZATION['resources'], *generated, 'kustomization.yaml', 'README.md'}


# ------------------------------------------------------------------------------------------ agreeing with each other


def test_what_is_referred_to_is_there():
    generated = {('Secret', s['name']) for s in KUSTOMIZATION['secretGenerator']}
    generated |= {('ConfigMap', s['name']) for s in KUSTOMIZATION['configMapGenerator']}
    there = set(MANIFESTS) | generated
    for (kind, name), manifest in MANIFESTS.items():
        if kind != 'Deployment':
            continue
        spec = manifest['spec']['template']['spec']
        assert (
            manifest['spec']['selector']['matchLabels'].items()
            <= manifest['spec']['template']['metadata']['labels'].items()
        )
        for volume in spec.get('volumes', []):
            for field, what, names in (
                ('configMap', 'ConfigMap', 'name'),
                ('secret', 'Secret', 'secretName'),
                ('persistentVolumeClaim', 'PersistentVolumeClaim', 'claimName'),
            ):
                if field in volume:
                    assert (what, volume[field][names]) in there, (name, volume)
        volumes = {volume['name'] for volume in spec.get('volumes', [])}
        for c in spec['containers']:
            assert {mount['name'] for mount in c.get('volumeMounts', [])} <= volumes
            ports = {port['name'] for port in c.get('ports', [])}
            for probe in ('startupProbe', 'readinessProbe', 'livenessProbe'):
                assert c.get(probe, {}).get('httpGet', {}).get('port', 'http') in ports or probe not in c
            for variable in c.get('env', []):
                if reference := variable.get('valueFrom', {}).get('secretKeyRef'):
                    assert ('Secret', reference['name']) in there
                    assert reference['key'] == 'key'


def test_services_and_policies_meet_pods():
    labels = {frozenset(pod_labels.items()) for pod_labels in (
        m['spec']['template']['metadata']['labels'] for (kind, _), m in MANIFESTS.items() if kind == 'Deployment'
    )}  # fmt: skip
    for (kind, _), m in MANIFESTS.items():
        if kind == 'Service':
            assert frozenset(m['spec']['selector'].items()) in labels
        if kind == 'NetworkPolicy':
            chosen = [m['spec']['podSelector'], *(
                source['podSelector'] for rule in m['spec'].get('ingress', []) for source in rule.get('from', [])
            )]  # fmt: skip
            for selector in chosen:
                assert not selector or frozenset(selector['matchLabels'].items()) in labels


def test_only_the_gateway_is_open():
    policies = {name: m['spec'] for (kind, name), m in MANIFESTS.items() if kind == 'NetworkPolicy'}
    assert policies['nobody']['podSelector'] == {}
    assert 'ingress' not in policies['nobody']
    everybody = {name for name, spec in policies.items() for rule in spec.get('ingress', []) if 'from' not in rule}
    assert everybody == {'gateway'}
    assert {m['spec'].get('type') for (kind, _), m in MANIFESTS.items() if kind == 'Service'} == {None}
    conf = MANIFESTS['ConfigMap', 'lmdeploy-gateway']['data']['default.conf']
    (path,) = re.findall(r'location ~ (\S+) {', conf)
    for inside in ('/nodes/add', '/nodes/status', '/v1/../nodes/status', '/metrics', '/update_weights', '/v1/modelsx'):
        assert not re.search(path, inside)
    for outside in ('/v1/chat/completions', '/v1/completions', '/v1/models'):
        assert re.search(path, outside)
    assert 'location / { return 404; }' in conf


def test_the_key_is_nowhere():
    for path in DEPLOY.glob('*.yaml'):
        assert not re.search(r'stringData|sk-\w+|[0-9a-f]{32}', path.read_text())
    ignored = subprocess.run(['git', 'check-ignore', 'deploy/key.txt'], cwd=ROOT, capture_output=True)
    assert ignored.returncode == 0


# ------------------------------------------------------------------------------------------------ and with LMDeploy


def test_lmdeploy_understands_the_commands():
    commands = [container('lmdeploy-server')['command'], container('lmdeploy-proxy')['command']]
    assert [words[:3] for words in commands] == [['lmdeploy', 'serve', 'api_server'], ['lmdeploy', 'serve', 'proxy']]
    parsed = refusals('lmdeploy', [CommandLine('deploy', 'lmdeploy', tuple(words[1:]), False) for words in commands])
    assert parsed == ['', '']


def test_model_port_and_gpus_agree():
    server, register = container('lmdeploy-server'), container('lmdeploy-server', 1)
    options = dict(word.removeprefix('--').split('=', 1) for word in server['command'] if word.startswith('--'))
    assert options['model-name'] == register['command'][-1]
    assert register['command'][2] == f'http://$(POD_IP):{options["server-port"]}'
    assert server['ports'][0]['containerPort'] == int(options['server-port'])
    assert server['resources']['limits']['nvidia.com/gpu'] == int(options['tp'])
    assert options['server-name'] == '$(POD_IP)', 'the proxy calls it by this name'
    assert options['communicator'] == 'nccl'
    proxy = container('lmdeploy-proxy')
    (service,) = MANIFESTS['Service', 'lmdeploy-proxy']['spec']['ports']
    assert register['command'][3] == f'http://lmdeploy-proxy:{service["port"]}'
    assert f'--server-port={proxy["ports"][0]["containerPort"]}' in proxy['command']


def said_by(program: str, **environment) -> str:
    """What a program prints in a Python of its own: LMDeploy reads variables, and registers metrics, once."""
    command = [sys.executable, '-c', program]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True).stdout


def test_lmdeploy_reads_the_variables():
    names = ['LMDEPLOY_CONTROLLER_HEART_BEAT_EXPIRATION', 'AIOHTTP_TIMEOUT']
    mine = {v['name']: v.get('value') for v in container('lmdeploy-proxy')['env']}
    assert mine.keys() - {'POD_IP', 'LMDEPLOY_API_KEY'} == set(names)
    show = 'from lmdeploy.serve.proxy import proxy as p; print(p.CONTROLLER_HEART_BEAT_EXPIRATION, p.AIOHTTP_TIMEOUT)'
    assert said_by(show, **dict(zip(names, ('17', '23'), strict=True))).split()[-2:] == ['17', '23']
    assert all(mine[name].isdigit() for name in names), 'LMDeploy makes whole numbers of them'


def test_prometheus_asks_for_metrics_that_there_are():
    config = MANIFESTS['ConfigMap', 'prometheus']['data']
    (job,) = yaml.safe_load(config['prometheus.yml'])['scrape_configs']
    assert job['authorization']
    assert job['metric_relabel_configs'] == [MENDED_NAMES], 'as deep dive 5 shows it'
    names = set(re.findall(r'lmdeploy:\w+', config['rules.yml']))
    shown = said_by(
        'import prometheus_client as p; from lmdeploy.metrics.loggers import PrometheusStatLogger as L;'
        'L("model", 2048); print(*(m.name + "_total" * (m.type == "counter") for m in p.REGISTRY.collect()))'
    )
    assert names
    assert names <= set(re.findall(r'lmdeploy:\w+', shown))


# ------------------------------------------------------------------------------------------------------ register.py


@pytest.fixture
def world(tmp_path):
    """A proxy and a server on one port: `listed` is the proxy's list, `well` the server's health."""

    class Handler(BaseHTTPRequestHandler):
        listed, well, deaf = {}, True, False

        def do_GET(self):
            if self.path == '/health':
                return self._answer({}, 200 if Handler.well else 503)
            self._answer(Handler.listed)

        def do_POST(self):
            node = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
            if self.path == '/nodes/add':
                Handler.listed[node['url']] = node['status']
            elif self.path == '/nodes/remove':
                Handler.listed.pop(node['url'], None)
            self._answer('done')

        def _answer(self, content, status=200):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Handler.url = f'http://127.0.0.1:{server.server_port}'
        yield Handler
        server.shutdown()


@pytest.fixture(scope='module')
def register():
    spec = importlib.util.spec_from_file_location('register', DEPLOY / 'register.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_register_follows_health_and_a_forgetful_proxy(world, register):
    def look():
        return register.look(world.url, world.url, 'm')

    world.well = False
    assert look() == ''
    world.well = True
    assert look() == 'added'
    assert world.listed == {world.url: {'models': ['m']}}
    assert look() == ''
    world.listed.clear()  # the proxy started anew
    assert look() == 'added'
    world.well = False
    assert look() == 'removed'
    assert world.listed == {}


def test_register_takes_its_server_off_when_the_pod_ends(world):
    command = [sys.executable, DEPLOY / 'register.py', world.url, world.url, 'm']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {'NO_PROXY': '127.0.0.1'})
    try:
        assert process.stdout.readline().endswith(': added\n')
        assert world.listed
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert world.listed == {}
    finally:
        process.kill()
        process.communicate()


def test_register_outlives_a_proxy_that_is_not_there(world, register, monkeypatch, capsys):
    looks = iter([None, None])

    def sleep(_):
        if next(looks, 'over') == 'over':
            sys.exit(0)

    monkeypatch.setattr(register.time, 'sleep', sleep)
    monkeypatch.setattr(register, 'look', lambda *_: (_ for _ in ()).throw(OSError('refused')))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit):
            register.main(world.url, world.url, 'm')
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().out.count('refused') == 3
