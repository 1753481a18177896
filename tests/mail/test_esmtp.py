"""Parameters of MAIL and RCPT."""

import pytest

from gateway.mail.esmtp import MailParameters, mail_parameters, recipient_parameters
from gateway.mail.paths import PathError


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, MailParameters()),
        ({"SIZE": "12"}, MailParameters(size=12)),
        ({"BODY": "8bitmime", "SMTPUTF8": None}, MailParameters(smtputf8=True)),
        ({"RET": "full", "ENVID": "Ab+3Dc"}, MailParameters(ret="FULL", envid="Ab=c")),
        ({"AUTH": "<>"}, MailParameters()),
        ({"AUTH": "carol+2Bx@y.test"}, MailParameters()),
    ],
)
def test_what_mail_asks_for(given, asked):
    assert mail_parameters(given) == asked


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, ((), None)),
        ({"NOTIFY": "NEVER"}, (("NEVER",), None)),
        ({"NOTIFY": "success,Failure,success"}, (("SUCCESS", "FAILURE"), None)),
        ({"ORCPT": "rfc822;Carol+2Bx@y.test"}, ((), "rfc822;Carol+x@y.test")),
        ({"ORCPT": "utf-8;žofia@y.test"}, ((), "utf-8;žofia@y.test")),
    ],
)
def test_what_rcpt_asks_for(given, asked):
    assert recipient_parameters(given) == asked


@pytest.mark.parametrize(
    "given",
    [
        {"SIZE": None},
        {"SIZE": "-1"},
        {"SIZE": "١"},
        {"SIZE": "9" * 21},
        {"BODY": "BINARYMIME"},
        {"BODY": None},
        {"SMTPUTF8": "1"},
        {"RET": "BODY"},
        {"RET": None},
        {"ENVID": None},
        {"ENVID": "a=b"},
        {"ENVID": "a+0Ab"},
        {"ENVID": "a+ZZ"},
        {"ENVID": "a+FF"},
        {"ENVID": "x" * 101},
        {"AUTH": None},
        {"AUTH": "a=b"},
    ],
)
def test_a_bad_value_of_mail_is_refused(given):
    with pytest.raises(PathError, match=r"501 5\.5\.4"):
        mail_parameters(given)


@pytest.mark.parametrize(
    "given",
    [
        {"NOTIFY": None},
        {"NOTIFY": ""},
        {"NOTIFY": "NEVER,SUCCESS"},
        {"NOTIFY": "SOMETIMES"},
        {"ORCPT": None},
        {"ORCPT": "carol@y.test"},
        {"ORCPT": "rfc822;"},
        {"ORCPT": ";carol@y.test"},
        {"ORCPT": "rfc822;a+0D+0Ab"},
        {"ORCPT": "rfc822;žofia@y.test"},
        {"ORCPT": "rfc822;" + "x" * 500},
        {"ORCPT": "rf c;x"},
    ],
)
def test_a_bad_value_of_rcpt_is_refused(given):
    with pytest.raises(PathError, match=r"501 5\.5\.4"):
        recipient_parameters(given)


def test_unknown_parameters_are_not_implemented():
    for read in (mail_parameters, recipient_parameters):
        with pytest.raises(PathError, match=r"555 5\.5\.4"):
            read({"HOLDFOR": "9"})
