#!/usr/bin/env python3
"""Pack vLLM 0.26.0 for a machine with one Hopper GPU, torch 2.11 (CUDA 13), Python 3.12 and no package index: 40 MiB.

    python3 build_vllm_kit.py OUT

Images for other architectures in the libraries become zeros; of FlashAttention 3 stay the kernels for heads of 128;
MoE, MLA and FP4 kernels are left out, FlashInfer and the Rust front end too.  About 10 minutes.
"""
import glob,os,shutil,subprocess,zipfile
import struct,sys,collections
def elf_sections(d):
    off,=struct.unpack_from('<Q',d,0x28); esz,n,stri=struct.unpack_from('<HHH',d,0x3a)
    secs=[struct.unpack_from('<IIQQQQIIQQ',d,off+i*esz) for i in range(n)]
    s0=secs[stri][4]
    def name(o): return bytes(d[s0+o:d.index(b'\0',s0+o)]).decode()
    return {name(s[0]):(s[4],s[5],s[3]) for s in secs}
def entries(d):
    """(container offset, entry offset, kind, arch, header, size, flags, csize, dsize) of each image in the fat binaries"""
    for name,(o,n,_) in elf_sections(d).items():
        if 'nv_fatbin' not in name: continue
        p,end=o,o+n
        while p+16<=end:
            magic,ver,hs,size=struct.unpack_from('<IHHQ',d,p)
            if magic!=0xBA55ED50:
                p+=8; continue
            q,e=p+hs,p+hs+size
            while q<e:
                kind,_,h,sz=struct.unpack_from('<HHIQ',d,q)
                csz,_,mi,ma,arch=struct.unpack_from('<IIHHI',d,q+16)
                flags,=struct.unpack_from('<Q',d,q+40); dsz,=struct.unpack_from('<Q',d,q+56)
                yield p,q,kind,arch,h,sz,flags,csz,dsz
                q+=h+sz
            p=e
import re,struct,sys,collections
def shrink(src,dst,arch=90,keep=None):
    d=bytearray(open(src,'rb').read())
    boxes=collections.defaultdict(list)
    for p,q,k,a,h,s,fl,cs,ds in entries(d): boxes[p].append((q,k,a,h,s))
    kept=0
    for p,es in boxes.items():
        elf=[e for e in es if e[1]==2 and e[2]==arch]
        if not elf:  # elf of an older minor of the same major would do too; else the newest PTX that is not newer
            ptx=[e for e in es if e[1]==1 and e[2]<=arch]
            elf=sorted(ptx,key=lambda e:e[2])[-1:]
        if keep: elf=[e for e in elf if keep(bytes(d[e[0]+e[3]:e[0]+e[3]+e[4]]))]
        for e in es:
            q,k,a,h,s=e
            if e in elf: kept+=s
            else:
                d[q+h:q+h+s]=bytes(s)
                if a<=arch: struct.pack_into('<I',d,q+28,120)  # so that no loader takes the empty image for a fitting one
    open(dst,'wb').write(d)
    return len(boxes),kept
def fa3(body):
    names=b' '.join(re.findall(rb'\.text\.(\w+)',body))
    if b'Mainloop' not in names: return True
    m=re.search(rb'CollectiveMainloopFwdSm(\d+)I(?:Li\d+E)*.*?ELi(\d+)EN\w+?_(\d+(?:bfloat16_t|half_t|float_e4m3_t))EfNS_4arch4Sm\d+E((?:Lb[01]E)+)',names)
    k192=m[3]!=b'12float_e4m3_t' and b'Li192E' in names
    softcap=m[4].replace(b'Lb',b'').replace(b'E',b'')[2:3]==b'1'
    return m[2]==b'128' and not softcap and not k192
none=lambda body: False

PINS='annotated-doc==0.0.7 annotated-types==0.8.0 anthropic==0.125.0 anyio==4.16.0 apache-tvm-ffi==0.1.11 astor==0.8.1 blake3==1.0.11 cachetools==8.0.2 cbor2==6.3.0 compressed-tensors==0.17.0 depyf==0.20.0 dill==0.4.1 distro==1.9.0 docstring_parser==0.18.0 fastapi==0.136.3 h11==0.16.0 httpcore==1.0.9 httptools==0.9.0 httpx==0.28.1 httpx-sse==0.4.3 ijson==3.6.0 interegular==0.3.3 jiter==0.19.0 jmespath==1.1.0 jsonschema==4.26.0 jsonschema-specifications==2025.9.1 lark==1.2.2 llguidance==1.7.6 lm-format-enforcer==0.11.3 loguru==0.7.3 mcp==1.30.0 mistral_common==1.13.1 model-hosting-container-standards==0.1.16 msgspec==0.23.0 openai==2.54.0 openai-harmony==0.0.8 opentelemetry-api==1.45.2 opentelemetry-sdk==1.45.2 opentelemetry-semantic-conventions==0.66b2 opentelemetry-semantic-conventions-ai==0.5.1 outlines_core==0.2.14 partial-json-parser==0.2.1.1.post7 prometheus_client==0.26.0 prometheus-fastapi-instrumentator==8.1.0 pybase64==1.5.1 pycountry==26.2.16 pydantic==2.14.4 pydantic_core==2.50.5 pydantic-extra-types==2.11.1 pydantic-settings==2.16.3 PyJWT==2.15.1 python-dotenv==1.2.4 python-json-logger==4.2.0 python-multipart==0.0.34 pyzmq==27.3.0 referencing==0.37.0 rpds-py==2026.9.1 setproctitle==1.3.8 sniffio==1.3.1 sse-starlette==3.7.0 starlette==1.10.0 supervisor==4.3.0 typing_extensions==4.16.0 typing-inspection==0.4.5 uvicorn==0.54.0 watchfiles==1.3.0 websockets==17.4 xgrammar==0.2.9'.split()
TARGET='--no-deps --only-binary=:all: --implementation cp --abi cp312 --abi abi3 --abi none --python-version 3.12'.split()
for t in '2_39 2_35 2_34 2_31 2_28 2_27 2_26 2_24 2_17 2_12 2_5'.split(): TARGET+=['--platform',f'manylinux_{t}_x86_64']
TARGET+=['--platform','manylinux2014_x86_64','--platform','manylinux1_x86_64']
LIBRARIES={'_C_stable_libtorch':None,'_moe_C_stable_libtorch':none,'vllm_flash_attn/_vllm_fa3_C':fa3,'vllm_flash_attn/_vllm_fa2_C':none,'_flashmla_C':none,'_flashmla_extension_C':none,'_qutlass_C':none}
def main():
    out=sys.argv[1]; site=out+'/site'; shutil.rmtree(out,ignore_errors=True); os.makedirs(site)
    pip=[sys.executable,'-m','pip']
    subprocess.run([*pip,'download','-q','-d',out,*TARGET,'vllm==0.26.0'],check=True)
    for w in glob.glob(out+'/vllm*.whl'): zipfile.ZipFile(w).extractall(site); os.remove(w)
    for name,keep in LIBRARIES.items():
        f=f'{site}/vllm/{name}.abi3.so'
        subprocess.run(['strip','--strip-unneeded',f],check=True); shrink(f,f,keep=keep)
    subprocess.run([*pip,'install','-q','--no-compile','--target',site,*TARGET,*PINS],check=True)
    for p in ('vllm/vllm-rs','vllm/third_party/fmha_sm100/cutlass','vllm/third_party/deep_gemm/include','vllm/third_party/deep_gemm/third-party','vllm/kernels/helion/configs','bin','include','share','pycountry/locales','mistral_common/data','vllm/entrypoints/serve/instrumentator/static'):
        p=site+'/'+p
        shutil.rmtree(p,ignore_errors=True) if os.path.isdir(p) else os.path.exists(p) and os.remove(p)
    for p in ('mistral_common/data/__init__.py','vllm/entrypoints/serve/instrumentator/static/.keep'):
        os.makedirs(os.path.dirname(site+'/'+p),exist_ok=True); open(site+'/'+p,'w').close()
    for f in glob.glob(site+'/vllm/third_party/deep_gemm/_C.cpython-*'):
        if '312' not in f: os.remove(f)
    subprocess.run(f"find {site} -name '*.pyi' -delete; tar c --sparse -C {site} . | xz -T2 -6 | split -d -b 22M - {out}/part-",shell=True,check=True)
    shutil.rmtree(site)
    with open(out+'/unpack.sh','w') as f: f.write(UNPACK)
UNPACK='# bash unpack.sh, with all the parts beside it: vLLM to /tmp/vsite, for processes of its own\nset -e\nhere=$(cd "$(dirname "$0")" && pwd)\nif [ ! -e /tmp/vsite/.done ]; then\n  mkdir -p /tmp/vsite && cat "$here"/part-* | tar xJ -C /tmp/vsite && touch /tmp/vsite/.done\nfi\nsite=$(env -u PYTHONPATH -u LD_LIBRARY_PATH python3 -c \'import os, torch; print(os.path.dirname(os.path.dirname(torch.__file__)))\')\nreal=$(env -u PYTHONPATH python3 -c \'import sys; print(sys.executable)\')\ncat > /tmp/vsite/python <<END\n#!/bin/sh\n# Python with vLLM and nothing of LMDeploy\'s kit\nexport PYTHONPATH=/tmp/vsite LD_LIBRARY_PATH=$site/nvidia/cu13/lib:$site/nvidia/nccl/lib PYTHONUNBUFFERED=1\nexport HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 VLLM_CACHE_ROOT=/tmp/vcache PYTHONDONTWRITEBYTECODE=\nexport VLLM_USE_FLASHINFER_SAMPLER=0\nexec $real "\\$@"\nEND\nchmod 755 /tmp/vsite/python\n/tmp/vsite/python -c \'import vllm._C_stable_libtorch, vllm.vllm_flash_attn._vllm_fa3_C; import vllm; print("vllm", vllm.__version__, "in /tmp/vsite")\' 2>&1 | tail -3\n'
if __name__=='__main__': main()
