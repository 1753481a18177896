"""Where a signature begins: after `-- `, a device's line, or a block of names and numbers.

A closing ("Best regards, Jana") is text: people write it. What clients and companies add below it
is signature. Lines come in `bare`, without the white space around them.
"""

import re
from collections.abc import Sequence
from typing import Final

from gateway.mail.quote_words import _words

_CLOSINGS: Final = _words("""
    en: best regards, kind regards, regards, warm regards, with regards, many thanks, thanks
    en: thank you, thanks in advance, sincerely, yours sincerely, yours faithfully, yours truly
    en: best wishes, best, cheers, all the best, kindest regards, with best regards, warmly
    en: respectfully, take care, rgds, kr, br, thx, tnx, thank you very much, thanks again
    de: mit freundlichen grüßen, mit freundlichen grüssen, mit freundlichem gruß, freundliche grüße
    de: freundliche grüsse, viele grüße, viele grüsse, beste grüße, beste grüsse, liebe grüße, lg
    de: mfg, vg, gruß, grüße, gruss, schöne grüße, herzliche grüße, hochachtungsvoll, danke
    de: vielen dank, mit besten grüßen, freundlicher gruß
    nl: met vriendelijke groet, met vriendelijke groeten, vriendelijke groet, groeten, groetjes, mvg
    nl: groet, hartelijke groet, bedankt, alvast bedankt, bij voorbaat dank
    fr: cordialement, bien cordialement, sincères salutations, salutations, bien à vous, merci
    fr: meilleures salutations, amicalement, cdlt, respectueusement, merci d'avance, bonne journée
    es: saludos, un saludo, saludos cordiales, atentamente, cordialmente, gracias, muchas gracias
    es: un cordial saludo, un abrazo, reciba un cordial saludo
    pt: atenciosamente, cumprimentos, com os melhores cumprimentos, melhores cumprimentos
    pt: obrigado, obrigada, abraços, abraço, att, cordialmente
    it: cordiali saluti, distinti saluti, saluti, un saluto, grazie, cordialmente, grazie mille
    ro: cu stimă, cu respect, mulțumesc, toate cele bune, o zi bună, cu considerație
    pl: pozdrawiam, z poważaniem, pozdrowienia, dziękuję, serdecznie pozdrawiam, z wyrazami szacunku
    cs: s pozdravem, s pozdravom, se srdečným pozdravem, hezký den, děkuji, děkuji s pozdravem
    cs: s přáním hezkého dne, s přátelským pozdravem, přeji hezký den, díky, zdravím
    sk: s pozdravom, s úctou, pekný deň, prajem pekný deň, ďakujem, vďaka, s priateľským pozdravom
    sl: lep pozdrav, lp, s spoštovanjem, hvala
    hr: srdačan pozdrav, pozdrav, lijep pozdrav, s poštovanjem, hvala
    hu: üdvözlettel, tisztelettel, köszönettel, üdv, köszönöm, szép napot
    sv: med vänlig hälsning, med vänliga hälsningar, vänliga hälsningar, hälsningar, mvh, hälsning
    sv: vänligen, tack, bästa hälsningar
    da: med venlig hilsen, venlig hilsen, hilsen, mange hilsner, mvh, tak, bedste hilsner
    no: med vennlig hilsen, vennlig hilsen, hilsen, takk, beste hilsen
    fi: ystävällisin terveisin, terveisin, parhain terveisin, t., terv, kiitos, yst. terv
    et: lugupidamisega, parimat, tervitades, tänan
    lv: ar cieņu, ar sveicieniem, paldies
    lt: pagarbiai, su pagarba, ačiū
    tr: saygılarımla, saygılar, iyi çalışmalar, sevgiler, teşekkürler, iyi günler
    el: με εκτίμηση, φιλικά, ευχαριστώ
    ru: с уважением, с наилучшими пожеланиями, спасибо, всего доброго, всего хорошего
    uk: з повагою, з найкращими побажаннями, дякую
    bg: с уважение, поздрави, благодаря
    sr: с поштовањем, поздрав, хвала
    vi: trân trọng, thân mến, cảm ơn
    id: hormat kami, salam, terima kasih
    ja: よろしくお願いします, 宜しくお願いします, よろしくお願いいたします, 敬具
    zh: 此致, 敬礼, 谢谢, 祝好, 顺祝商祺
    ko: 감사합니다, 드림, 올림
""")
_CLOSING_SET: Final = frozenset(_CLOSINGS)

# What "Sent from …" begins or ends with; the device's or program's name must be there too.
_SENT: Final = re.compile(
    "|".join(
        map(
            re.escape,
            _words("""
    en: sent from, sent via, sent with, sent using, sent by, sent on, via mobile, written on
    en: typed on
    de: gesendet, gesandt, geschickt von, verschickt von, von unterwegs
    nl: verzonden, verstuurd
    fr: envoyé
    es: enviado, enviada
    pt: enviado, enviada
    ca: enviat
    it: inviato, inviata, spedito
    ro: trimis
    pl: wysłane, wysłano, wysłana
    cs: odesláno, posláno, odeslané
    sk: odoslané, odoslaná, poslané
    sl: poslano
    hr: poslano, poslato
    sr: послато
    hu: elküldve, küldve
    sv: skickat, skickad, skickades
    da: sendt
    is: sent úr
    fi: lähetetty
    et: saadetud
    lv: nosūtīts, sūtīts
    lt: išsiųsta, siųsta
    tr: gönderildi, gönderilmiştir
    el: στάλθηκε, εστάλη
    ru: отправлено, послано
    uk: надіслано, відправлено
    bg: изпратено
    he: נשלח
    ar: أرسلت, أُرسلت, تم الإرسال, مرسل
    fa: ارسال شده
    th: ส่งจาก
    vi: được gửi, đã gửi, gửi từ
    id: dikirim
    ms: dihantar
    ja: から送信
    zh: 发自, 發自, 发送自, 傳送, 寄自, 从我的
    ko: 에서 보냄, 에서 전송, 보냈습니다
"""),
        )
    )
)
_BRANDS: Final = (
    r"iphon|ipad|ipod|apple watch|android|samsung|galaxy|blackberry|huawei|xiaomi|redmi|oneplus"
    r"|pixel|nokia|windows phone|windows mobile|windows 1[01]|htc|motorola|sony|xperia"
)
_BRAND: Final = re.compile(_BRANDS)
_DEVICE: Final = re.compile(
    rf"{_BRANDS}|windows|lg |honor"
    r"|oppo|vivo|realme|mobile|mobil|smartphone|handy|telefon|téléphone|teléfono|telefone|phone"
    r"|tablet|handheld|outlook|mail|spark|thunderbird|sparrow|superhuman|polymail|newton|boxer"
    r"|hey|proton|nine|bluemail|yahoo|gmail|gmx|web\.de|aol|orange|telekom|vodafone|t-mobile"
    r"|verizon|at&t|seznam|zimbra|roundcube"
)
_ENGLISH_FROM: Final = re.compile(r"sent (?:from|via|with|using) (?:my |the |a )?(?=\S)")
_APP_OFFER: Final = re.compile(
    r"outlook\b.{0,40}\b(?:ios|android|mac|iphone)\b|\byahoo mail\b.{0,40}:"
)
_MARKS: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_LINK: Final = re.compile(r"[<(\[]https?://[^\s<>]*[>)\]]?")
_NOISE: Final = re.compile(
    r"\b(?:excuse|typos?|brevity|tippfehler|entschuldig\w*|kürze|tastatur|fautes|překlepy|preklepy)\b"
)

_PHONE: Final = re.compile(r"\+?\(?\d[\d ()/.\-\u00a0]{6,24}\d")
_CONTACT: Final = re.compile(
    r"(?:^|[^\w])(?:tel|tél|phone|mob|mobil|mobile|fax|gsm|cell|office|direct|e-?mail|mail|web"
    r"|www|skype|ičo|dič|ič dph|vat|uid|ust-?id|hrb|handelsregister|siret|kvk|nip|regon"
    r"|linkedin|twitter)\b"
    r"[^\w]|https?://|www\.|\w@\w"
)
_MAX_DELIMITED: Final = 60
_MAX_BARE_DELIMITED: Final = 15
_MAX_BLOCK: Final = 16


def find_signature(lines: Sequence[str], raw: Sequence[str]) -> int | None:
    """Return the index of the first line of the signature that ends `lines`, or None.

    raw: the same lines as they came; only they tell `-- ` from `--`.
    """
    delimited = _delimited(lines, raw)
    if delimited is not None:
        return delimited
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    device = _device_block(lines, end)
    block = _contact_block(lines, end if device is None else device)
    return device if block is None else block


def _delimited(lines: Sequence[str], raw: Sequence[str]) -> int | None:
    for index, line in enumerate(lines):
        if line == "--":
            below = sum(1 for other in lines[index + 1 : index + _MAX_DELIMITED + 2] if other)
            is_exact = raw[index].rstrip("\r\n") in ("-- ", "--\u00a0")
            if below <= (_MAX_DELIMITED if is_exact else _MAX_BARE_DELIMITED):
                return index
    return None


def is_device_line(line: str) -> bool:
    """Return whether a mail program added this bare line: "Sent from my iPhone"."""
    if not line or len(line) > 240:
        return False
    folded = _MARKS.sub("", _LINK.sub(" ", line.casefold())).strip("*_-– .\u00a0")
    words = folded.split()
    if not words or len(words) > 12:
        return False
    if _APP_OFFER.search(folded):
        return len(words) <= 9
    sent = _SENT.search(folded)
    if sent is None:
        return False
    if _NOISE.search(folded):
        return _DEVICE.search(folded) is not None
    if any(mark in folded for mark in ("; ", "? ", "! ", ". ")):
        return False
    if (len(words) > 9 or ", " in folded) and not _BRAND.search(folded):
        return False
    starts_or_ends = sent.start() <= 2 or sent.end() >= len(folded) - 2
    if not starts_or_ends:
        return False
    return _DEVICE.search(folded) is not None or _names_a_brand(line)


def _names_a_brand(line: str) -> bool:
    """Return whether what follows "Sent from my" is a name: words with capitals or digits."""
    found = _ENGLISH_FROM.match(line.casefold())
    rest = line[found.end() :].split() if found else []
    return 0 < len(rest) <= 5 and all(
        any(c.isupper() or c.isdigit() for c in word) for word in rest
    )


def _device_block(lines: Sequence[str], end: int) -> int | None:
    """Return where the device's line at the end begins; one line of excuse may follow it."""
    for index in range(end - 1, max(end - 4, -1), -1):
        if is_device_line(lines[index]):
            rest = [line for line in lines[index + 1 : end] if line]
            if len(rest) <= 1 and all(_NOISE.search(line.casefold()) for line in rest):
                return index
    return None


def is_closing(line: str) -> bool:
    """Return whether a bare line is only a closing, such as "Best regards,"."""
    folded = line.casefold().strip(" ,.!-–—*_:;/")
    return len(folded) <= 40 and " ".join(folded.split()) in _CLOSING_SET


def _weight(line: str) -> int:
    """Return how many marks of a business card a line carries."""
    folded = line.casefold()
    return (_CONTACT.search(folded) is not None) + (_PHONE.search(folded) is not None)


def _contact_block(lines: Sequence[str], end: int) -> int | None:
    """Return where the block of names and numbers at the end begins, or None."""
    while end and not lines[end - 1]:
        end -= 1
    top = max(0, end - _MAX_BLOCK)
    for index in range(end - 1, top - 1, -1):
        if is_closing(lines[index]):
            return _after_closing(lines, index, end)
    start = end
    while start > top and lines[start - 1]:
        start -= 1
    block = lines[start:end]
    if start in {0, top} or any(len(line) > 70 or line[-1] in ".?!" for line in block):
        return None
    above = next((line for line in reversed(lines[:start]) if line), "")
    marks = sum(1 for line in block if _weight(line))
    return start if marks >= 2 and len(block) >= 3 and not above.endswith(":") else None


def _after_closing(lines: Sequence[str], closing: int, end: int) -> int | None:
    """Return where the card below closing and name begins; the name is text."""
    start, names = closing + 1, 0
    while start < end and names < 2:
        line = lines[start]
        if line and (_weight(line) or len(line) > 40 or not _looks_like_name(line)):
            break
        names += bool(line)
        start += 1
        if names and start < end and not lines[start]:
            break
    while start < end and not lines[start]:
        start += 1
    rest = lines[start:end]
    if not any(map(_weight, rest)) or any(len(line) > 110 for line in rest):
        return None
    return start


def _looks_like_name(line: str) -> bool:
    words = line.strip(",.-– *_").split()
    return 0 < len(words) <= 4 and not any(map(str.isdigit, line))
