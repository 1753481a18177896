"""What the sandbox's recipients answer."""

import pytest

from gateway.rules.outcome import Stage
from gateway.rules.sandbox import sandbox_answer


@pytest.mark.parametrize(
    ("local", "stage", "reply"),
    [
        pytest.param("ok", Stage.DOT, "250 2.0.0", id="taken"),
        pytest.param("OK", Stage.DOT, "250 2.0.0", id="letter case"),
        pytest.param("bounce+5.1.1", Stage.RCPT, "550 5.1.1", id="refused"),
        pytest.param("delay+4.2.2", Stage.RCPT, "450 4.2.2", id="put off"),
        pytest.param("bounce+4.2.2", Stage.RCPT, "550 5.1.1", id="no bounce with 4"),
        pytest.param("delay+5.1.1", Stage.RCPT, "550 5.1.1", id="no delay with 5"),
        pytest.param("nobody", Stage.RCPT, "550 5.1.1", id="nobody"),
    ],
)
def test_a_recipient_of_the_sandbox_answers_by_its_name(local, stage, reply):
    found = sandbox_answer(local)
    assert (found[0], str(found[1])[: len(reply)]) == (stage, reply)
