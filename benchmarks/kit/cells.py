import json, os, sys, time
import faulthandler; faulthandler.dump_traceback_later(float(sys.argv[2]), exit=True)
os.chdir('notebooks')
which=sys.argv[1]
sys.path.insert(0, os.path.abspath('..'))
name={'3':'03_kv_cache.ipynb','8':'08_your_own_model.ipynb'}[which]
nb=json.load(open(name)); src={c['id']:''.join(c['source']) for c in nb['cells']}
from IPython.core.interactiveshell import InteractiveShell
sh=InteractiveShell.instance()
def run(w, code=None):
    t=time.time(); r=sh.run_cell(code or src[w]); print('##',w,f'{time.time()-t:.1f}s',flush=True)
    if not r.success: raise SystemExit(w)
if which=='3':
    for w in ('imports','predict-token-bytes','predict-pool','refuse','measure','run-ratios','predict-users','verdict','watch'): run(w)
    run('dbg', '''
def say(where):
    m = device_memory(); print('@@', where, 'used', round(m.used_bytes/MIB), 'free', round(m.budget_bytes/MIB), flush=True)
_start, _release = start, release
def start(**a):
    say(f'before start {a}')
    require_startable(MODEL, engine_config(**SETTINGS, **a), device_memory().budget_bytes)
    p = _start(**a); say('started'); return p
def release(*a):
    say('before release'); _release(*a); say('released')
''')
    run('run-users')
else:
    for w in ('imports','model-path','data','file','predict-numbers'): run(w)
    run('dbg', '''
import torch
from dataclasses import replace
from lessons.own_model import train
from helpers import MemorySampler
lens=[len(t) for t in map(str, data.whole())]; print('@@ longest conversation, characters', max(lens))
one = replace(lora, epochs=1)
print('@@ before', device_memory())
with MemorySampler() as sampler:
    mine = train(BASE, data.whole(), WORK / 'mine', one)
print('@@', len(mine.losses), 'steps', mine.seconds, 's', mine.losses[0], mine.losses[-1])
print('@@ peak MiB torch', torch.cuda.max_memory_allocated()/MIB, 'reserved', torch.cuda.max_memory_reserved()/MIB, 'process', sampler.peak_used_bytes/MIB, 'at start', at_start)
''')
