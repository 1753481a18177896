"""How the process shares itself among its threads."""

import subprocess
import sys

PROGRAM = """
import sys
from gateway.runtime.threads import take_turns_often
take_turns_often()
print(sys.getswitchinterval())
"""


def test_a_waiting_thread_gets_the_interpreter_within_a_millisecond():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30
    )
    assert float(done.stdout) < 0.001
