"""Bytes become the text that their sender meant, whatever charset they claim."""

import pytest

from gateway.mail.charsets import codec_name, decode, is_refused


@pytest.mark.parametrize(
    ("octets", "label", "text"),
    [
        pytest.param("šťastná".encode("cp1250"), "windows-1250", "šťastná", id="declared"),
        pytest.param("šťastná".encode(), "iso-8859-1", "šťastná", id="UTF-8 declared Latin-1"),
        pytest.param("šťastná".encode(), "us-ascii", "šťastná", id="UTF-8 declared ASCII"),
        pytest.param(b"\x93quoted\x94", "iso-8859-1", "“quoted”", id="Windows declared Latin-1"),
        pytest.param("čau".encode("cp1250"), "utf-8", "èau", id="neither UTF-8 nor enough to tell"),
        pytest.param("faktúra".encode(), None, "faktúra", id="undeclared UTF-8"),
        pytest.param("Frösche".encode("latin-1"), None, "Frösche", id="undeclared Latin-1"),
        pytest.param("请付款".encode("gb18030"), "gb2312", "请付款", id="GB18030 declared GB2312"),
        pytest.param("한국어".encode("cp949"), "ks_c_5601-1987", "한국어", id="Korean of Outlook"),
        pytest.param(b"\x1b$B$3$s\x1b(B", "ISO-2022-JP", "こん", id="escapes"),
        pytest.param(b"abc\xe2\x82", "utf-8", "abc�", id="cut in a character"),
        pytest.param(b"\xef\xbb\xbfhi", "utf-8", "hi", id="byte order mark"),
        pytest.param(b"a\0b", "utf-8", "a�b", id="NUL"),
        pytest.param(b"+2AA-", "utf-7", "�", id="lone surrogate"),
        pytest.param(b"plain", "utf-16", "plain", id="UTF-16 that is none"),
        pytest.param(b"plain", "x-unknown", "plain", id="unknown"),
        pytest.param(b"\xe1", "idna", "á", id="refused codec"),
    ],
)
def test_text_is_what_the_sender_meant(octets: bytes, label: str | None, text: str) -> None:
    assert decode(octets, label) == text


def test_longer_text_without_a_charset_is_detected() -> None:
    text = "Здравствуйте, спасибо за счёт, оплатим на следующей неделе. С уважением, Иван."
    assert decode(text.encode("koi8-r")) == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1250", "Dobrý deň, faktúru sme uhradili včera. Ďakujeme, Ľuboš."),
        ("windows-1250", "Proszę o potwierdzenie, faktura została opłacona w środę."),
        ("windows-1250", "Köszönjük, a számlát tegnap kifizettük. Üdvözlettel, Győző."),
        ("iso-8859-2", "Děkujeme, platba šla včera ze zvláštního účtu."),
        ("windows-1252", "Die Rechnung ist schon überwiesen, schöne Grüße aus München."),
        ("windows-1252", "Le règlement a été envoyé à votre société, à bientôt."),
        ("windows-1254", "Merhaba, faturayı dün ödedik. Teşekkürler."),
        ("windows-1257", "Sąskaitą apmokėjome, ačiū už priminimą, lauksime žinių."),
        ("windows-1251", "Здравствуйте, счёт оплачен вчера."),
        ("koi8-r", "Здравствуйте, счет оплачен вчера."),
        ("koi8-u", "Доброго дня, рахунок сплачено вчора, дякуємо."),
        ("windows-1253", "Καλημέρα, πληρώσαμε το τιμολόγιο χθες."),
        ("windows-1255", "שלום, שילמנו את החשבונית אתמול"),
        ("windows-1256", "مرحبا، لقد دفعنا الفاتورة أمس"),
        ("tis-620", "สวัสดีครับ เราชำระเงินแล้ว"),
        ("shift_jis", "請求書をお送りします。よろしくお願いいたします。"),
        ("euc-jp", "請求書をお送りします。よろしくお願いいたします。"),
        ("iso-2022-jp", "請求書をお送りします。"),
        ("gb18030", "您好，请查收发票，谢谢。请尽快付款。"),
        ("big5", "您好，請查收發票，謝謝您的付款。"),
        ("euc-kr", "안녕하세요, 송장을 보냅니다. 감사합니다."),
    ],
)
def test_the_letters_of_a_language_tell_its_charset(charset: str, text: str) -> None:
    octets = text.encode(charset)
    assert [decode(octets, label) for label in (None, "utf-8", "us-ascii")] == [text] * 3


@pytest.mark.parametrize("octets", [b"\xff\xfe\xfd" * 9, bytes(range(128, 256)), b"\x1b$B\xff\xff"])
def test_octets_that_are_no_text_are_still_shown(octets: bytes) -> None:
    assert decode(octets)


def test_the_charset_of_the_body_helps_with_the_header() -> None:
    assert decode("Ľuboš".encode("cp1250"), hint="windows-1250") == "Ľuboš"


@pytest.mark.parametrize(
    "label", ["zlib", "hex", "rot13", "punycode", "unicode_escape", "a\0b", ""]
)
def test_what_is_no_charset_has_no_codec(label: str) -> None:
    assert codec_name(label) is None


def test_a77_codecs_that_are_traps_are_known() -> None:
    assert [is_refused(label) for label in ("idna", "Punycode", "utf-8", None)] == [
        True,
        True,
        False,
        False,
    ]
