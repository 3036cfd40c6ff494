# bash unpack.sh, with all the parts beside it: vLLM to /tmp/vsite, for processes of its own
set -e
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -e /tmp/vsite/.done ]; then
  mkdir -p /tmp/vsite && cat "$here"/part-* | tar xJ -C /tmp/vsite && touch /tmp/vsite/.done
fi
site=$(env -u PYTHONPATH -u LD_LIBRARY_PATH python3 -c 'import os, torch; print(os.path.dirname(os.path.dirname(torch.__file__)))')
real=$(env -u PYTHONPATH python3 -c 'import sys; print(sys.executable)')
cat > /tmp/vsite/python <<END
#!/bin/sh
# Python with vLLM and nothing of LMDeploy's kit
export PYTHONPATH=/tmp/vsite LD_LIBRARY_PATH=$site/nvidia/cu13/lib:$site/nvidia/nccl/lib PYTHONUNBUFFERED=1
export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 VLLM_CACHE_ROOT=/tmp/vcache PYTHONDONTWRITEBYTECODE=
export VLLM_USE_FLASHINFER_SAMPLER=0
exec $real "\$@"
END
chmod 755 /tmp/vsite/python
/tmp/vsite/python -c 'import vllm._C_stable_libtorch, vllm.vllm_flash_attn._vllm_fa3_C; import vllm; print("vllm", vllm.__version__, "in /tmp/vsite")' 2>&1 | tail -3
