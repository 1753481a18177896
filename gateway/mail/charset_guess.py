"""The likeliest charset of undeclared text: the one in which it is written in somebody's letters.

Octets say little, letters much: read in the wrong charset, a language falls apart into letters
that nobody writes beside each other. Each candidate is judged by the share of its letters that
are frequent in one language written in it; a capital behind a small letter counts as wrong.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

_LETTERS: Final = 600
_OCTETS: Final = 4_096
_LEAST: Final = 3
_ENOUGH: Final = 0.55

_KANA: Final = (
    "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)))) + "ー々、。「」・"
)
_KANJI: Final = (
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名"
    "川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨請求送願致付払支確認件御社様振込座添連絡"
    "返信受取消税合計額品番号納期注文会開始終方法変更場所場問知内容分通用対応利事者新自動部発明作思手当定"
)
_HANZI: Final = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日"
    "您请票谢款付收查发单号合同公司价格邮件附件尽快确认联系电话先生女士账银行已经时间明天今天昨天期订货"
    "，。？！、：；（）"
)
_HANZI_OLD: Final = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
    "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日"
    "您請票謝款付收查發單號合同公司價格郵件附件盡快確認聯繫電話先生女士帳銀行已經時間明天今天昨天期訂貨"
    "，。？！、：；（）"
)
_HANGUL: Final = (
    "이다는에의가을를은하고로니지서한사안녕세요송장보냅감합어자도나대기시그것만들여인일정과있없습수해게되면"
    "부주전제상스리라오구공국성보원동관조드아으련선실연진신위방내생무장경비미용청영모바유소문분개업체금발급"
    "확인답변첨부파일입니다까네께님저희메결계산월년오늘내일어제빠른요청드립주시면문의회신회사담당자"
)
_RUSSIAN: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_GREEK: Final = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ"
_HEBREW: Final = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
_ARABIC: Final = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآؤئء"
_THAI: Final = "".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))))
_LANGUAGES: Final[Sequence[tuple[str, str]]] = (
    # What many share, and what is commonest, first: it wins where both fit.
    ("cp1252", "äöüßÄÖÜ€„“”‘’–"),
    ("cp1252", "éèêëàâçùûîïôœÉÀÇ€«»’–"),
    ("cp1252", "áéíóúñüÁÉÍÓÚÑ¿¡ºª€–"),
    ("cp1252", "àèéìòùÀÈÉÌ€«»’–"),
    ("cp1252", "ãõçáéíóúâêôàÃÕÇÁÉ€–"),
    ("cp1252", "åäöæøéÅÄÖÆØ€”’–"),
    ("cp1252", "áðéíóúýþæöÁÐÉÞ"),
    ("cp1250", "áčďéěíňóřšťúůýžÁČĎÉÍŇŘŠŤÚÝŽ„“–€"),
    ("cp1250", "áäčďéíĺľňóôŕšťúýžÁČĎÉÍĽŇŠŤÚÝŽ„“–€"),
    ("cp1250", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”–€"),
    ("cp1250", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ„”–€"),
    ("cp1250", "ăâîşţĂÂÎŞŢ„”–€"),
    ("cp1250", "čćđšžČĆĐŠŽ„“–€"),
    ("iso8859_2", "áčďéěíňóřšťúůýžÁČĎÉÍŇŘŠŤÚÝŽ"),
    ("iso8859_2", "áäčďéíĺľňóôŕšťúýžÁČĎÉÍĽŇŠŤÚÝŽ"),
    ("iso8859_2", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"),
    ("cp1254", "çğıöşüÇĞİÖŞÜ"),
    ("cp1257", "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ„”–€"),
    ("cp1257", "ąčęėįšųūžĄČĘĖĮŠŲŪŽ„“–€"),
    ("cp1257", "äõöüšžÄÕÖÜŠŽ"),
    ("cp1255", f"{_HEBREW}₪"),
    ("cp1256", f"{_ARABIC}،؟"),
    ("cp874", _THAI),
    ("cp1251", f"{_RUSSIAN}{_RUSSIAN.upper()}іїєґІЇЄҐ№«»„“–"),
    ("koi8_r", f"{_RUSSIAN}{_RUSSIAN.upper()}"),
    ("koi8_u", f"{_RUSSIAN}{_RUSSIAN.upper()}іїєґІЇЄҐ"),
    ("iso8859_5", f"{_RUSSIAN}{_RUSSIAN.upper()}іїєІЇЄ"),
    ("cp866", f"{_RUSSIAN}{_RUSSIAN.upper()}"),
    ("cp1253", f"{_GREEK}{_GREEK.upper()}€«»"),
    ("cp932", _KANA + _KANJI),
    ("euc_jp", _KANA + _KANJI),
    ("gb18030", _HANZI),
    ("cp950", _HANZI_OLD),
    ("cp949", _HANGUL),
)
# Alphabets whose letters stand beside no Latin ones.
_ALPHABETS: Final = frozenset(
    f"{_RUSSIAN}{_RUSSIAN.upper()}іїєІЇЄ{_GREEK}{_GREEK.upper()}{_HEBREW}{_ARABIC}{_THAI}"
)
_ESCAPES: Final = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$A", "iso2022_jp_2"),
    (b"\x1b$B", "iso2022_jp_ext"),
    (b"\x1b$@", "iso2022_jp_ext"),
    (b"\x1b(I", "iso2022_jp_3"),
    (b"\x1b(J", "iso2022_jp_ext"),
)


def escaped_codec(octets: bytes) -> str | None:
    """Return the codec whose escape sequences these octets bear (RFC 1468, 1554, 1557)."""
    if b"\x1b" not in octets:
        return None
    return next((codec for mark, codec in _ESCAPES if mark in octets), None)


def guessed_codec(octets: bytes) -> str | None:
    """Return the codec in which the octets say most, or None where nothing fits well."""
    sample = _beyond_ascii(octets)
    if sample is None:
        return None
    best, codec = _ENOUGH, None
    for candidate, letters in _alphabets():
        text = _decoded(sample, candidate)
        score = _score(text, letters) if text else 0.0
        if score > best + 1e-9:
            best, codec = score, candidate
    return codec


def _beyond_ascii(octets: bytes) -> bytes | None:
    """Return a piece with enough that is not ASCII, whole lines of it, or None."""
    start = next((place for place, octet in enumerate(octets[:65_536]) if octet > 127), -1)
    if start < 0:
        return None
    start = octets.rfind(b"\n", 0, start) + 1
    sample = octets[start : start + _OCTETS]
    if start + _OCTETS < len(octets) and b"\n" in sample:
        sample = sample[: sample.rfind(b"\n")]
    return sample if sum(octet > 127 for octet in sample) >= _LEAST else None


def _decoded(sample: bytes, codec: str) -> str:
    try:
        return sample.decode(codec)
    except UnicodeError:
        return ""


def _score(text: str, letters: frozenset[str]) -> float:
    """Return the share of the letters beyond ASCII that the language has where they stand."""
    seen = right = 0
    before = " "
    for char in text:
        if char > "\x7f":
            seen += 1
            right += char in letters and _may_follow(before, char)
            if seen == _LETTERS:
                break
        elif before in _ALPHABETS and char.isalpha():
            right -= 1
        before = char
    return right / seen if seen else 0.0


def _may_follow(before: str, char: str) -> bool:
    if char.isupper() and before.islower():
        return False
    return not (char in _ALPHABETS and before.isascii() and before.isalpha())


@cache
def _alphabets() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((codec, frozenset(letters)) for codec, letters in _LANGUAGES)
