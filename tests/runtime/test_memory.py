"""What the process does with memory."""

import subprocess
import sys

GROW_AND_SHRINK = """
import sys
from pathlib import Path
from gateway.runtime.memory import give_back_large_blocks

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

give_back_large_blocks()
before = resident_mib()
for size in range(1, 30):
    large = [bytearray(size * 2**20) for _ in range(4)]
    kept = [bytearray(1000) for _ in range(1000)]
    large.clear()
print(resident_mib() - before)
"""


def test_large_blocks_go_back_to_the_system_when_they_are_free():
    done = subprocess.run(
        [sys.executable, "-c", GROW_AND_SHRINK], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 10
