"""python3 .vkit/bringup.py in the project's folder, after unpack.sh: does vLLM generate and serve here?"""
import json, os, signal, subprocess, sys, time, urllib.request
V, CK, T0 = '/tmp/vsite/python', '/tmp/ck18', time.time()
def say(*a): print(f'[{time.time() - T0:5.1f}]', *a, flush=True)
MAKE = f'''
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.models import MODELS
random_checkpoint(MODELS['1_8b'], '{CK}', packed=False)
'''
OFF = f'''
import time
t = time.time()
def main():
    from vllm import LLM, SamplingParams
    print('imported', round(time.time() - t, 1), flush=True)
    llm = LLM('{CK}', max_model_len=4096, max_num_seqs=256, gpu_memory_utilization=0.5, enable_prefix_caching=False, seed=0)
    print('loaded', round(time.time() - t, 1), flush=True)
    c = llm.llm_engine.vllm_config
    print('blocks', c.cache_config.num_gpu_blocks, 'of', c.cache_config.block_size, 'batched tokens', c.scheduler_config.max_num_batched_tokens, 'seqs', c.scheduler_config.max_num_seqs, flush=True)
    for batch in (1, 8, 256):
        for n in (32, 256, 256):
            s = time.time()
            outs = llm.generate([dict(prompt_token_ids=[(7 * i + j) % 900 + 10 for j in range(61)]) for i in range(batch)], SamplingParams(temperature=0, max_tokens=n, ignore_eos=True), use_tqdm=False)
            d = time.time() - s
            assert all(len(o.outputs[0].token_ids) == n for o in outs)
            print('batch', batch, 'out', n, round(d, 3), 's', round(batch * n / d, 1), 'tokens/s', flush=True)
if __name__ == '__main__':
    main()
'''
log = open(os.path.join(os.environ.get('OUT', '/tmp'), 'vllm.log'), 'w+')
if not os.path.exists(CK):
    subprocess.run([sys.executable, '-c', MAKE], check=True)
say('checkpoint'); open('/tmp/v_off.py', 'w').write(OFF)
try:
    out = subprocess.run([V, '/tmp/v_off.py'], stdout=subprocess.PIPE, stderr=log, text=True, timeout=200)
    lines = out.stdout.splitlines(); log.write(out.stdout)
    print('\n'.join(x for x in lines if 'INFO' not in x)[-3000:]); say('offline: rc', out.returncode)
except subprocess.TimeoutExpired as e:
    say('offline: timed out', (e.stdout or b'')[-1500:])
server = subprocess.Popen([V, '-m', 'vllm.entrypoints.cli.main', 'serve', CK, '--host', '127.0.0.1', '--port', '23999', '--max-model-len', '4096', '--gpu-memory-utilization', '0.5'], stdout=log, stderr=log, env=os.environ | {'VLLM_API_KEY': 'k'}, start_new_session=True)
def ask(path, body=None):
    r = urllib.request.Request('http://127.0.0.1:23999' + path, headers={'Authorization': 'Bearer k', 'Content-Type': 'application/json'}, data=json.dumps(body).encode() if body else None)
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(r, timeout=20).read().decode()
for _ in range(150):
    try: ask('/health'); break
    except Exception:
        if server.poll() is not None: break
        time.sleep(1)
say('server: ready' if server.poll() is None else f'server ended: {server.returncode}')
try:
    print(ask('/v1/chat/completions', {'model': CK, 'messages': [{'role': 'user', 'content': 'a b c'}], 'max_tokens': 4, 'ignore_eos': True, 'temperature': 0, 'stream': True, 'stream_options': {'include_usage': True}, 'return_token_ids': True}))
except Exception as e: say('no answer:', e)
try: os.killpg(server.pid, signal.SIGKILL)
except ProcessLookupError: pass
log.flush(); log.seek(0)
import re
text = [x for x in log.read().splitlines() if re.search(r'rror|WARN|attention backend|FlashAttention|graph|KV cache|ompil|took|concurrency', x)]
print('\n'.join(x[:260] for x in text[-60:])); say('done; the whole log is vllm.log')
