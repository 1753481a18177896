"""What letters of mail systems say, in the languages they say it in. Only data.

Each entry is a regular expression over one line of text, whatever its letter case, without
unbounded repeats that could backtrack; `pattern` joins a table into one.
"""

import re
from collections.abc import Sequence


def pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    """Return one pattern for any of the phrases."""
    return re.compile("|".join(phrases), re.IGNORECASE)


# That mail was not delivered.
FAILED = (
    (
        r"(?:could|can|was|were|has|have|had|would|did|is|are)\s?(?:not|n[’']t|no)\s(?:be |been )?"
        r"(?:able to )?(?:deliver|reach|sen[dt]|accept|process|receiv|forward|relay|complet)"
    ),
    r"cannot be (?:delivered|reached|sent)",
    r"can't be (?:delivered|reached)",
    r"unable to (?:deliver|relay|send|route|contact|connect)",
    r"not (?:been )?deliver",
    r"fail(?:ed|ure)s? (?:to|in|of) deliver",
    (
        r"deliver\w{0,3} (?:to|of|for|has|have)?.{0,60}\b"
        r"(?:fail|abort|error|impossible|unsuccessful|suspended|rejected)"
    ),
    r"fail(?:ed|ure|s)? (?:permanently|delivery|address|recipient|addresses)",
    r"undeliver",
    r"non-?deliver",
    r"delivery (?:fail|error|problem|status|attempt|has fail)",
    r"(?:delivery|had) errors?",
    r"permanent(?:ly)? (?:fatal )?(?:error|fail)",
    r"fatal error",
    r"address(?:es)? failed",
    r"recipients? failed",
    r"returned (?:mail|message|to sender|to you)",
    r"has been (?:returned|rejected|bounced|refused)",
    r"(?:was|were|been|is|are|message|mail) (?:rejected|bounced|refused|blocked|undeliverable)",
    r"rejected (?:by|the|your|because)",
    r"bounced? (?:back|message|mail)",
    r"mail (?:delivery )?(?:fail|error)",
    r"user (?:is )?unknown",
    r"unknown (?:user|recipient|address|mailbox)",
    r"no such (?:user|mailbox|recipient|address|person|account)",
    (
        r"(?:mailbox|mailfolder|inbox|quota|account).{0,40}"
        r"(?:full|exceed|disabled|unavailable|over ?quota|not exist)"
    ),
    r"(?:exceeds?|exceeded|over|out of).{0,20}(?:quota|allowed size|storage|limit)",
    r"does(?:n't| not) (?:exist|have an? \S{1,80} account|have a|like recipient)",
    r"no (?:user|mailbox) (?:here )?by that name",
    r"not a (?:known|valid) (?:user|mailbox|address)",
    r"is (?:no longer valid|not accepting|invalid|wrong)",
    r"invalid (?:final )?(?:delivery|user|recipient|address|mailbox)",
    r"e?-?mail (?:address|adress) (?:is )?(?:wrong|invalid|incorrect|not found)",
    r"transcript of session",
    r"did not like our",
    r"there was an error",
    r"error (?:was )?(?:occurred|encountered|delivering|while|has occurred)",
    r"encountered (?:an error|a delivery problem)",
    r"problem (?:with|delivering)",
    r"failure reasons?",
    r"may not exist, or you may not have permission",
    r"did not receive (?:your|this|the) message",
    r"not be found, or is unable to receive",
    r"appears? to be (?:invalid|wrong)",
    # de, nl
    r"fehler bei der (?:nachrichten)?zustellung",
    r"kan niet (?:worden )?(?:afgeleverd|bezorgd)",
    r"(?:un|non)-?zustellbar",
    r"nicht zugestellt",
    r"konnte nicht",
    r"niet (?:worden )?(?:afgeleverd|bezorgd)",
    # fr, es, pt, it
    r"n[’']a (?:pas )?pu (?:pas )?(?:être|etre)",
    r"non (?:remis|distribu)",
    r"échec",
    r"no (?:pudo|ha podido|se pudo|se ha podido|fue posible) ?(?:ser )?entrega",
    r"no se pudo",
    r"não (?:pôde|pode|foi poss)",
    r"nao (?:pode|foi)",
    r"non (?:è|e') stat[oa] (?:possibile|consegnat)",
    r"mancat[oa] (?:recapito|consegna)",
    # pl, cs, sk, hu
    r"nie (?:mog|został|udało|można dostarczyć)",
    r"nedoručen",
    r"nelze doručit",
    r"nemohl[aoy]? být doruč",
    r"nepodarilo sa",
    r"nebolo možné doruč",
    r"kézbesíthetetlen",
    r"nem kézbesít",
    r"doručení .{0,60}selhalo",
    r"doručenie .{0,60}zlyhalo",
    r"nem sikerült kézbesíteni",
    r"nem kézbesíthető",
    r"livrarea .{0,60}a eșuat",
    r"recapito non riuscito",
    r"impossibile recapitare",
    r"falha (?:na|de) entrega",
    # da, no, sv, fi
    r"leverans\w{0,3} .{0,60}misslyckades",
    r"levering\w{0,3} .{0,60}(?:mislykkedes|mislyktes)",
    r"toimit\w{1,12} .{0,60}epäonnistui",
    r"kunne ikke",
    r"kunde inte",
    # ru
    r"не (?:может быть|удалось|было|был[ао]?) ?достав",
    r"недостав",
    r"не найден",
    r"не вдалося достав",
    r"не можа да бъде доставен",
    # hr, sl, et, lv, lt, tr, el, vi
    r"isporuka .{0,60}nije usp",
    r"dostava .{0,60}ni uspela",
    r"ebaõnnestus",
    r"neizdevās piegādāt",
    r"nepavyko pristatyti",
    r"teslim edilemedi",
    r"παράδοση .{0,60}απέτυχε",
    r"không thể gửi",
    # ja, zh, ko
    r"送信できません",
    r"被退回",
    r"投递失败",
    r"배달하지 못",
    r"배달되지",
    r"配信(?:に失敗|できません|不能)",
    r"お届け",
    r"失敗",
    r"エラー",
    r"不能",
    r"退信",
    r"无法",
    r"無法",
    r"拒絶",
    r"존재하지",
)

# That delivery failed, beyond doubt: enough for a letter from nobody in particular.
FAILED_SURELY = (
    r"could not be delivered",
    r"not (?:been )?delivered",
    r"undeliver",
    r"delivery fail",
    r"unable to deliver",
    r"did not reach",
    r"pas pu (?:être|etre) d",
    r"no such user",
    r"user unknown",
    r"failed recipient",
    r"deliver\w{0,3} .{0,40}fail",
)

# That the mail system still tries.
DELAYED = (
    r"not yet been delivered",
    r"has(?: still)? not been delivered yet",
    r"(?:has|have|is|been|was|were|message) (?:been )?(?:\S{1,30} )?delayed",
    r"delivery delayed",
    r"temporarily delayed",
    r"deliver\w{0,3} attempts? will continue",
    r"will (?:continue|keep|still) (?:to )?(?:try|be tri|attempt|retry|be attempted|be retried)",
    r"will (?:be )?(?:retried|try again|retry)",
    r"still being retried",
    r"(?:warning|message) only",
    r"warning: (?:could not|message|mail)",
    r"continu\w{0,3} (?:to be made|trying|attempt)",
    r"do not need to resend",
    r"need not resend",
    r"please do not resend",
    r"delivery status notification \(delay\)",
    r"wird weiter versucht",
    r"noch nicht zugestellt",
)

# That it does not.
GAVE_UP = (
    r"(?<!fails )permanent",
    r"giv(?:e|en|ing) up",
    r"not going to try",
    r"no further",
    r"failed permanently",
    r"aborted",
    r"have failed",
    r"final",
    r"(?:was|were|been) returned",
)

# Subjects of such letters.
SUBJECT = (
    r"undeliver",
    r"deliver\w{0,3} (?:fail|status|problem|error|has failed|notification|delayed|incomplete)",
    r"fail(?:ure|ed) (?:notice|notification|delivery|to deliver|mail)",
    r"returned? (?:mail|message|to sender|email)",
    r"mail (?:fail|delivery|error|system error|returned|could not)",
    r"(?:could|can) ?not be delivered",
    r"non[- ]?(?:deliver|remis)",
    r"not delivered",
    r"message (?:status|delivery|could not|undeliver|delayed|not)",
    r"user unknown",
    r"processing error",
    r"nameserver error",
    r"bounce",
    r"rejected",
    r"permanent (?:error|failure)",
    r"delivery (?:report|notification|delay)",
    r"warning: ",
    r"ndn: ",
    r"ndr:?",
    r"zustell",
    r"échec",
    r"error (?:de|di) ",
    r"mancat",
    r"devuelto",
    r"devolvid",
    r"rechazad",
    r"nedoruč",
    r"nepodařilo",
    r"nepodarilo",
    r"kézbesít",
    r"niet (?:afgeleverd|bezorgd)",
    r"nedoručit",
    r"zwrot",
    r"niedostarcz",
    r"no (?:se )?(?:puede|pudo|ha podido) entregar",
    r"não (?:é possível entregar|entregue)",
    r"non recapit",
    r"onbestelbaar",
    r"olever",
    r"kan ikke leveres",
    r"toimittamat",
    r"nelivra",
    r"neisporuč",
    r"nedostavlj",
    r"teslim edilem",
    r"неможливо достав",
    r"неуспешно доставян",
    r"αδύνατη",
    r"không thể gửi",
    r"無法(?:傳遞|投遞)",
    r"배달",
    r"недостав",
    r"не доставлен",
    r"配信",
    r"配送",
    r"送信",
    r"退信",
    r"返送",
    r"エラー",
    r"メール",
)

# Names and addresses of mail systems; `^` is where the address begins.
DAEMON = (
    r"mailer-?d(?:ae|ea)mon",
    r"mail-?d(?:ae|ea)mon",
    r"^post[-_]?master@",
    r"^mdaemon",
    r"mail[ .]deliver(?:y|er)? ?(?:sub)?\.?system",
    r"delivery subsystem",
    r"mail (?:sub)?system",
    r"system administrator",
    r"^bounces?[@+-]",
    r"(?:smtp|antivirus)[_ -](?:mail|for|gateway)",
    r"mail[_ ]service",
    r"auto-?mailer",
    r"microsoftexchange[0-9a-f]{32}@",
)

# How people begin.
GREETINGS = (
    "hi", "hello", "hallo", "dear", "good (?:morning|day|afternoon)", "dobrý", "dobry", "ahoj",
    "vážen", "guten", "sehr geehrte", "bonjour", "hola", "estimad", "olá", "buongiorno", "ciao",
    "gentile", "hej", "moi", "tisztelt", "bună", "szanown", "cześć", "здравствуйте", "добрый",
)  # fmt: skip

# Lines after which only the returned mail follows.
COPY = (
    (
        r"^[\s>*]{0,4}(?:[-=*_~]{2,}|-).{0,30}(?:copy of|original|returned|return"
        r"|unsent|undelivered"
        r"|message (?:header|text|follows|body)|header|forwarded|rejected message|enclosed|included"
        r"|mensaje|mensagem|nachricht|bericht|messaggio|below (?:this|the))"
    ),
    (
        r"^\s{0,4}(?:the )?(?:original|returned|undelivered|rejected) (?:message|mail|e-?mail)"
        r"(?: headers?| text| is)?(?: follows| below| attached| included)?\s?[.:]{0,3}$"
    ),
    r"^\s{0,4}(?:message|mail) headers? follows?",
    r"^\s{0,4}included is a copy",
    r"^\s{0,4}(?:a )?copy of (?:your|the) (?:message|mail|original)",
    r"header and top \d+ lines",
    r"^\s{0,4}received: (?:from|by) ",
    r"^return-path: ?<",
    r"^dkim-signature: ",
    r"^\s{0,4}message-id: ?<",
    r"^\s{0,4}a summary of the undelivered",
)
NOT_COPY = (
    r"original message (?:was received|details)",
    r"returned (?:the following|because)",
    r"failure reasons?",
)

# Labels before the address of a failed recipient.
LABELS = (
    r"recipients?", r"recip", r"user(?:name|id)?", r"address(?:ee)?", r"mail-?box", r"account",
    r"to", r"attempts", r"size", r"user unknown", r"destinatari[oa]s?", r"destinataire",
    r"empf(?:ä|ae)nger", r"adressaten?", r"adresát", r"příjemce", r"príjemca", r"odbiorca",
    r"получател\w{0,3}", r"адресат\w{0,3}", r"宛先", r"受信者", r"收件人",
)  # fmt: skip

# Before the address that a failed one was made from.
GENERATED = (
    r"generated from", r"expanded from", r"originally addressed to", r"alias(?:ed)? from",
    r"original address",
)  # fmt: skip

# Local parts that are nobody's mailbox.
SERVICES = (
    "postmaster", "mailer-daemon", "abuse", "support", "help", "helpdesk", "hostmaster",
    "webmaster", "root", "noreply", "no-reply", "spam", "admin", "administrator", "info-spam",
    "feedback", "removals?", "delist", "contact",
)  # fmt: skip

# Beginnings of lines whose address is not the failed recipient's.
OTHER_LINES = (
    "from", "sender", "reply-to", "return-path", "mail from", "envelope-from", "de", "von",
    "message-id", "contact", "please", "for (?:further|more)", "if you", r"x-\w+:", "received",
    "subject", "cc", "date", ">>> mail from", r"\(envelope",
)  # fmt: skip
