"""What servers say when they refuse mail: phrases by reason, for replies without a telling code.

Only data. Phrases are regular expressions over the reply in lower case, addresses taken out,
without repeats that could backtrack far.
The order of the reasons is the order in which they are asked: what names its cause most precisely
comes first.
"""

import re
from collections.abc import Sequence
from typing import Final

from gateway.rules.reasons import ReasonKey

_PHRASES: Final[Sequence[tuple[ReasonKey, Sequence[str]]]] = (
    (
        "loop",
        (
            r"too many hops", r"hop count exceeded", r"mail(?:er)? loop", r"loops? back to",
            r"routing loop", r"loop detected", r"delivered-to.{0,20}loop",
            r"mail forwarding loop",
        ),
    ),
    (
        "mailbox_full",
        (
            (
                r"(?:mail ?box|mail ?folder|inbox|mail ?drop|account|recipient|user"
                r"|storage).{0,40}\bfull\b"
            ),
            r"over ?-?quota", r"quota.{0,20}(?:exceed|full|violat|reached)",
            r"exceed\w*.{0,40}quota", r"disk quota", r"out of (?:quota|storage|disk)",
            r"insufficient (?:disk|storage) ?(?:space)?",
            r"mailbox (?:size|limit|capacity).{0,20}exceed", r"mailbox exceed",
            r"exceeds allowed size",
            r"exceeded (?:the )?(?:max(?:imum)? )?(?:storage|space|mailbox)",
            r"too many messages? in mailbox", r"not enough (?:storage|disk) space",
            r"over (?:the )?(?:allowed|storage|size) (?:quota|limit)",
            r"messages? in (?:the )?recipient'?s mailbox exceeded", r"box (?:is )?full",
            r"mailbox is (?:currently )?over",
            r"maximum (?:mailbox )?(?:size|space) (?:for|of) (?:the )?mailbox",
            r"voll\b.{0,20}postfach", r"postfach.{0,20}voll", r"schránka.{0,20}(?:plná|plna)",
            r"boîte.{0,20}pleine", r"buzón.{0,20}lleno", r"casella.{0,20}piena",
        ),
    ),
    (
        "too_large",
        (
            r"too (?:large|big)",
            r"(?:message|mail|size).{0,20}exceeds?.{0,40}(?:size|limit|maximum|length)",
            r"max(?:imum)? message size", r"message size (?:limit|exceed)", r"size limit exceed",
            r"exceeds? (?:the )?(?:fixed )?(?:maximum )?message size",
            r"larger than (?:the )?(?:current|max|allow)", r"sendsizelimit", r"recipsizelimit",
        ),
    ),
    (
        "tls",
        (
            r"must issue a? ?starttls", r"starttls (?:first|is required|required|command first)",
            r"tls (?:is )?(?:required|needed|not available)",
            r"requires? (?:a )?(?:tls|secure|encrypted)",
            r"encryption (?:is )?(?:required|needed)",
            r"(?:tls|ssl) (?:handshake|negotiation|connection|session).{0,30}(?:fail|error|not)",
            r"certificate (?:verif|valid|expired|not trusted|has)", r"cannot start tls",
            r"mta-sts", r"\bdane\b",
        ),
    ),
    (
        "auth_failed",
        (
            r"\bdmarc\b", r"\bdkim\b", r"\bspf\b", r"sender policy framework", r"openspf",
            r"unauthenticated (?:e?-?mail|sender)",
            r"(?:not|did not|didn't) pass(?:ed)? authentication", r"authentication checks?",
            r"requires? all senders to authenticate", r"domain-based message authentication",
            r"reverse dns", r"\brdns\b", r"\bptr\b",
            r"reverse (?:hostname|lookup|address|mapping|name|ip)", r"no (?:valid )?reverse",
            r"cannot (?:find|resolve) your (?:reverse )?host ?name",
            r"resolve (?:your|the) (?:ip|client|sending)", r"forward.confirmed",
            r"client host rejected: cannot find", r"unverif(?:ied|yable) sending",
            r"does not match.{0,30}(?:helo|ptr)", r"invalid rdns", r"mismatch\w{0,3} client",
            r"name lookup failed", r"authentication information",
        ),
    ),
    (
        "blocklist",
        (
            r"spamhaus", r"spamcop", r"\bsorbs\b", r"barracudacentral", r"\bbrbl\b",
            r"uceprotect", r"\bdnsbl\b", r"\brbls?\b", r"\bsbl\b", r"\bxbl\b", r"\bpbl\b",
            r"senderscore", r"\bcloudmark\b", r"block ?-?list", r"black ?-?list",
            r"blocked (?:using|by|at|because|due)",
            r"(?:is|are|was|been|currently) (?:\S{1,20} )?(?:listed|blocked|banned)",
            r"(?<!not )\blisted (?:in|at|on|by|as)\b",
            r"banned (?:sending )?(?:ip|sender|host|address)",
            (
                r"(?:ip|host|server|network|client) (?:\S{1,40} ){0,2}(?:is |has been |was"
                r" )?(?:blocked|banned|listed|blacklisted)"
            ),
            r"reputation", r"messages? from .{1,80}weren'?t sent", r"blocked ip",
            r"\bs3140\b|\bs3150\b", r"bad (?:ip|host)", r"dynamic (?:ip|address|dns|pool)",
            r"residential",
        ),
    ),
    (
        "greylisted",
        (
            r"gr[ae]y.?list",
        ),
    ),
    (
        "own_quota",
        (
            r"daily (?:user )?(?:sending|message|mail|smtp|relay)?.{0,20}(?:quota|limit)",
            r"sending (?:quota|limit)", r"(?:hourly|daily) (?:sending )?(?:quota|limit)",
            r"exceeded (?:your|the) (?:daily|hourly|sending)",
        ),
    ),
    (
        "rate",
        (
            r"rate.?limit",
            (
                r"too many (?:messages|mails?|e-?mails?|connections|concurrent|recipients"
                r"|requests|sessions|invalid|errors|bad|emails)"
            ),
            r"throttl", r"(?:sending|connection|message|mail|delivery) (?:rate|frequency|volume)",
            r"(?:exceed\w*|over).{0,40}\brate\b", r"unexpected(?:ly high)? volume",
            r"temporarily deferred due to", r"slow(?:ing)? down", r"mail flood",
            r"connections? (?:limit|exceeded)", r"excessive", r"frequency limited",
            r"unusual rate",
        ),
    ),
    (
        "spam",
        (
            r"spam", r"unsolicited", r"\bu[bc]e\b", r"junk (?:mail|e-?mail)",
            r"bulk (?:mail|e-?mail)", r"mass mail", r"(?:message|mail) content (?:rejected|was)",
            r"content (?:was )?(?:rejected|filter|matched|violat|policy|denied|blocked)",
            r"\bvirus\b", r"malware", r"phish", r"high.?probability", r"heuristic",
            r"considered (?:as )?unwanted", r"suspicious",
            r"blocked (?:for|by).{0,20}(?:content|filter)",
        ),
    ),
    (
        "address_moved",
        (
            r"has moved",
            r"(?:user|person|recipient|address|mailbox|account) (?:has )?(?:moved|changed)",
            (
                r"no longer (?:with|at|work|employ|on (?:this )?server|here|part|use|available|in"
                r" service)"
            ),
            r"has left", r"left the company", r"not our customer",
            r"new (?:e?-?mail )?address is", r"address (?:has been )?(?:changed|replaced)",
            r"please use .{0,40}instead", r"recipient no longer on server",
        ),
    ),
    (
        "mailbox_off",
        (
            (
                r"(?:account|mailbox|user|recipient|address|mail ?drop"
                r"|e?-?mail).{0,40}(?:disabled|suspended|deactivated|discontinued|inactive|locked"
                r"|closed|terminated|cancell?ed|frozen|expired|blocked|not active|is off|has been"
                r" (?:removed|deleted))"
            ),
            (
                r"(?:disabled|suspended|inactive|deactivated|expired|closed|terminated|locked)"
                r" (?:account|user|mailbox|recipient|address)"
            ),
            r"not (?:an )?active (?:user|account|mailbox)?", r"temporarily locked",
            r"casilla.{0,20}expirado", r"gesperrt", r"deaktiviert",
        ),
    ),
    (
        "no_such_domain",
        (
            (
                r"(?:domain|host) (?:name )?(?:\S{1,80} )?(?:does not|doesn't|not) (?:exist|found"
                r"|accept|recei)"
            ),
            (
                r"(?:unknown|invalid|bad|no such|unrouteable|unroutable|illegal|nonexistent"
                r"|non-existent) (?:host|domain|mail domain)"
            ),
            r"\bnxdomain\b", r"null mx", r"host (?:\S{1,80} )?(?:not found|unknown)",
            r"name (?:or )?service (?:not known|error)", r"name or service not known",
            r"no (?:mx|a) (?:record|or)", r"(?:no|not) (?:valid )?mx",
            r"domain (?:is )?(?:unknown|not found|invalid|not exist)",
            (
                r"could(?:n't| not) find (?:any|a|the|an)?.{0,20}(?:host|domain|mail exchanger"
                r"|gateway|dns)"
            ),
            r"all relevant mx records", r"destination (?:domain|host) (?:not|unknown|does)",
            r"lookup (?:of|for)? ?\S{0,80} ?failed",
            r"dns (?:error|lookup|query).{0,40}(?:not exist|nxdomain|no such)",
            r"unrouteable (?:mail )?domain", r"does not like recipient.{0,20}domain",
            r"no mail exchanger", r"mail domain .{1,80}unknown", r"nullmx",
        ),
    ),
    (
        "no_such_address",
        (
            r"user (?:\S{1,100} )?(?:is )?(?:unknown|not (?:found|known|exist|listed|valid))",
            (
                r"unknown (?:\S{1,20} )?(?:user|recipient|address|mailbox|account|login"
                r"|local.?part|addressee|or illegal)"
            ),
            r"no such (?:user|mailbox|recipient|address|person|account|e?-?mail|addressee|local)",
            (
                r"(?:user|recipient|mailbox|address|account|addressee|person"
                r"|e?-?mail).{0,80}(?:does|do|did)(?:n't|es not| not|n’t) (?:exist|have)"
            ),
            (
                r"(?:mailbox|recipient|address|user|account|addressee|login).{0,60}not (?:found"
                r"|exist|known|recogni[sz]ed|a valid|valid|listed|available|here|our|present)"
            ),
            (
                r"(?:invalid|bad|illegal|incorrect|non-?existent|wrong) (?:\S{1,20}"
                r" )?(?:recipient|mailbox|user|address|addressee|e?-?mail|account|delivery userid)"
            ),
            (
                r"(?:recipient|user|mailbox|address|addressee).{0,60}(?:unknown|invalid|no longer"
                r" valid|nonexistent)"
            ),
            (
                r"no (?:mail ?box|user|account|recipient|one) (?:\S{1,20} )?(?:here|by that|with"
                r" that|available|for)"
            ),
            r"not a (?:known|valid|registered|local) (?:user|mailbox|address|recipient)",
            r"address(?:ee)? (?:unknown|not found|rejected$)", r"mailbox unavailable",
            r"mailbox not available", r"this user doesn'?t have",
            r"does(?:n't| not) have (?:a|an) \S{1,80} (?:account|mailbox)",
            r"can'?t verify recipient",
            r"recipient (?:address )?(?:lookup failed|verification failed|not ok)",
            r"user (?:doesn't|does not) exist", r"is not (?:a )?(?:valid|known|user)",
            r"account (?:has been )?(?:deleted|removed)", r"directory lookup",
            r"not (?:our|one of our) (?:user|customer|mailbox)", r"recipnotfound",
            r"recipientnotfound", r"adr\.exrecipnotfound", r"unrecogni[sz]ed (?:user|recipient)",
            r"recipient name is not recogni[sz]ed", r"not e-?mail users?",
            r"address (?:is )?wrong", r"wrong or no longer valid", r"empf(?:ä|ae)nger unbekannt",
            r"unbekannt\w* empf", r"utilisateur inconnu", r"destinataire inconnu",
            r"usuario (?:desconocido|no existe)",
            r"destinatario (?:desconocido|sconosciuto|inesistente)",
            r"utente (?:sconosciuto|inesistente)", r"neznámý (?:uživatel|příjemce)",
            r"neznámy (?:používateľ|príjemca)", r"nieznany (?:użytkownik|odbiorca)",
            r"konto niedost",
            r"пользователь не найден", r"неизвестный получатель", r"不存在",
            r"recipient rejected", r"unknown address", r"invalid user address",
            r"nebyl[ao]? nalezen", r"nenalezen", r"sa nenaš", r"nebol[ao]? nájden",
            r"nicht gefunden", r"introuvable", r"no se encontr", r"não (?:pôde ser|foi) encontrad",
            r"impossibile trovare", r"non (?:è stat[oa] )?trovat", r"nie można odnaleźć",
            r"nie znaleziono", r"nem található", r"nincs ilyen", r"nu a fost găsit",
            r"niet (?:worden )?gevonden", r"inte att hitta", r"hittades inte",
            r"ikke (?:findes|finnes|fundet|funnet)", r"ei löyt", r"не удалось найти",
            r"не найден", r"не знайден", r"не е намерен", r"bulunamadı", r"δεν βρέθηκε",
            r"找不到", r"未找到", r"찾을 수 없", r"존재하지", r"không tìm thấy",
            r"check (?:if )?(?:the )?address is correct", r"見つかりません",
        ),
    ),
    (
        "bad_syntax",
        (
            r"(?:bad|invalid|malformed|illegal) (?:\S{1,20} )?(?:address )?syntax",
            r"syntax error in (?:parameters|address|recipient|mailbox)",
            r"(?:malformed|invalid format|misformatted).{0,20}address",
            r"address (?:is )?(?:malformed|syntactically)", r"not a valid rfc",
        ),
    ),
    (
        "unreachable",
        (
            r"timed? ?out", r"time-?out",
            r"connection (?:refused|timed|reset|lost|dropped|closed|failed)", r"lost connection",
            r"(?:not|isn't) respond", r"no (?:answer|route)", r"unable to (?:connect|contact)",
            r"could not (?:connect|contact|be contacted)",
            r"network (?:is )?(?:unreachable|error|problem)",
            r"(?:host|server).{0,30}(?:unreachable|unavailable|is down|busy)",
            r"retry (?:timeout|time) (?:exceeded|not reached)", r"did not (?:accept|answer) our",
            r"expired", r"in the queue too long", r"unable to deliver in", r"delivery time",
            r"temporary server error", r"operation timed", r"couldn'?t (?:connect|make smtp)",
            r"socket error", r"too long|too old",
        ),
    ),
    (
        "greylisted",
        (
            r"try (?:again|your request again|later)", r"please retry",
            r"temporar(?:y|ily) (?:reject|defer|unavailable|fail|lookup|local|system)",
            r"come back later",
        ),
    ),
    (
        "policy",
        (
            r"polic(?:y|ies)", r"relay(?:ing)? (?:access )?(?:denied|not|prohibited|is)",
            r"(?:not|isn't|unable to) (?:permitted |allowed )?(?:to )?relay",
            r"access (?:is )?denied",
            r"not (?:allowed|permitted|authori[sz]ed|accepted|accepting|configured)",
            r"sender (?:address )?(?:rejected|denied|refused|is not|not|verify)",
            r"authentication (?:is )?required", r"authrequired", r"restricted",
            r"(?:refus|reject|prohibit|forbid|forbidden|denied|disallow)\w*", r"whitelist",
            r"unauthori[sz]ed", r"attachment", r"permission",
        ),
    ),
)  # fmt: skip

PATTERNS: Final = tuple((key, re.compile("|".join(phrases))) for key, phrases in _PHRASES)
