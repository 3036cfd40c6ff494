source .whl/setup.sh
python3 - <<'P' > $OUT/dbg.log 2>&1
import os, subprocess, sys
from benchmarks.gpu import Ballast, SLICE_MIB
from benchmarks.notebooks_on_gpu import make_share
make_share()
b = Ballast(SLICE_MIB)
try:
    for which, s in (('3', 38), ('8', 42)):
        subprocess.run([sys.executable, '.whl/cells.py', which, str(s)], stdout=sys.stdout, stderr=subprocess.STDOUT, timeout=s + 6)
finally:
    b.close()
P
grep -a "@@\|##\|Error\|File" $OUT/dbg.log | tail -60 | cut -c1-300
