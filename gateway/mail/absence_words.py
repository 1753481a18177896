"""How autoresponders say when somebody is back, and who stands in. Only data, in lower case."""

# One line a language, from January on; "|" between spellings, "-" where a word means another
# month in another language.
MONTHS = """
    january|jan february|feb march|mar april|apr may june|jun july|jul august|aug
        september|sept|sep october|oct november|nov december|dec
    januar|jänner|januára|január|januari|jaanuar februar|feber|februára|február|februari|veebruar
        märz|maerz|marca|marec|maart|mars|märts april|apríla|apríl|aprill mai|mája|máj|mei|maj
        juni|júna|jún|juuni juli|júla|júl|juuli august|augusta|augustus|augusti
        september|septembra oktober|októbra|október|oktoober november|novembra
        dezember|decembra|december|desember|detsember
    janvier|janv février|fevrier|févr mars avril|avr mai juin juillet|juil août|aout
        septembre octobre novembre décembre|decembre|déc
    enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre
        diciembre
    janeiro fevereiro março|marco abril maio junho julho agosto setembro outubro novembro dezembro
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    stycznia|styczeń lutego|luty marca|marzec kwietnia|kwiecień maja|maj czerwca|czerwiec
        lipca|lipiec sierpnia|sierpień września|wrzesień października|październik listopadu
        grudnia|grudzień
    ledna|leden února|únor března|březen dubna|duben května|květen června|červen
        července|červenec srpna|srpen září října|říjen listopadu|listopad prosince|prosinec
    januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra
    siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna - studenoga|studenog
        prosinca
    január február március április május június július augusztus szeptember október november
        december
    ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie
        decembrie
    tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta
        syyskuuta lokakuuta marraskuuta joulukuuta
    sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio
        gruodžio
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου|μαίου ιουνίου ιουλίου αυγούστου σεπτεμβρίου
        οκτωβρίου νοεμβρίου δεκεμβρίου
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
"""

# From Monday on, in the forms that follow "until" and "on".
WEEKDAYS = """
    monday tuesday wednesday thursday friday saturday sunday
    montag dienstag mittwoch donnerstag freitag samstag sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    poniedziałku|poniedziałek wtorku|wtorek środy|środę czwartku|czwartek piątku|piątek
        soboty|sobotę niedzieli|niedzielę
    pondělí|pondělka úterý|úterka středy|středu čtvrtka|čtvrtek pátku|pátek soboty|sobotu
        neděle|neděli
    pondelka|pondelok utorka|utorok stredy|stredu štvrtka|štvrtok piatka|piatok soboty|sobotu
        nedele|nedeľu
    måndag tisdag onsdag torsdag fredag lördag söndag
    mandag tirsdag onsdag torsdag fredag lørdag søndag
    понедельника вторника среды четверга пятницы субботы воскресенья
"""

# The day itself is the first one back; the date may stand before or behind.
BACK = (
    r"\breturn(?:ing|s)?\b", r"\b(?:be|am|are|is|i'm) back\b", r"\bback (?:in|at|on|from)\b",
    r"\bavailable again\b", r"\breachable again\b",
    r"\bwieder (?:erreichbar|im büro|im haus|da|zurück|für sie da|am platz|im einsatz)\b",
    r"\bzurück\b", r"\bde retour\b", r"\bje reviens\b", r"\bserai de nouveau\b",
    r"\b(?:vuelvo|volveré|regreso|regresaré|de vuelta|me reincorpor\w+|reincorporación)\b",
    r"\b(?:volto|voltarei|regresso|regressarei|retorno|retornarei|de volta)\b",
    r"\b(?:rientro|rientrerò|tornerò|di ritorno|sarò di nuovo)\b",
    r"\bweer (?:aanwezig|bereikbaar|terug|op kantoor)\b", r"\bterug\b",
    r"\bwracam\b", r"\bpowrót\b", r"\bwrócę\b", r"\bbędę ponownie\b", r"\bbędę dostępn\w+",
    r"\bvrátím se\b", r"\bzpět v\b", r"\bzpět\b", r"\bopět k dispozici\b", r"\bopět (?:v|na)\b",
    r"\bvrátim sa\b", r"\bspäť\b", r"\bopäť k dispozícii\b", r"\bopäť (?:v|na)\b",
    r"\bspet (?:v|dosegljiv\w+)", r"\bvrnem\b", r"\bvraćam se\b", r"\bponovno (?:u|dostup\w+)",
    r"\b(?:visszatérek|ismét elérhető|újra elérhető)\b",
    r"\b(?:revin|mă întorc|disponibil din nou)\b",
    r"\btillbaka\b", r"\båter\b", r"\btilbage\b", r"\btilbake\b",
    r"\bpalaan\b", r"\btakaisin\b", r"\btavoitettavissa\b",
    r"\b(?:döneceğim|dönüş|tekrar ofiste)\b", r"\bεπιστρέφω\b", r"\bεπιστροφή\b",
    r"\b(?:вернусь|выйду на работу|буду снова|возвращаюсь)\b", r"\b(?:повернуся|повертаюся)\b",
    r"复工", r"返回", r"回到", r"出社", r"복귀",
)  # fmt: skip

# Before a date: absent up to it. In English the day named is mostly the first one back.
UNTIL_BACK = (r"\buntil\b", r"\btill\b(?! och med)")
UNTIL_LAST = (
    r"\bthrough\b", r"\bthru\b", r"\bbis(?: (?:zum|einschließlich|einschl\.|inkl\.|inklusive))*\b",
    r"\bjusqu['’](?:au|à)\b", r"\bhasta(?: el)?\b", r"\baté(?: (?:ao|a|o))?\b",
    r"\bfino (?:al|all'|a)", r"\btot(?: en met)?\b", r"\bt/m\b", r"\bdo\b",
    r"\bpână (?:la|pe|în)\b",
    r"\btill(?:s| och med)\b", r"\bt\.o\.m\.?", r"\btil(?: og med)?\b", r"\bkuni\b", r"\biki\b",
    r"\b(?:έως|μέχρι)(?: τις| την)?", r"\bдо\b", r"\bпо\b", r"至", r"到",
)  # fmt: skip
# Behind a date.
UNTIL_BEHIND = (
    r"-(?:ig|án|én)\b", r"\s?(?:asti|saakka)\b", r"['’]?\w{0,4} kadar\b", r"\s?まで", r"\s?까지",
)  # fmt: skip

# What a sentence says that names who stands in.
SUBSTITUTE = (
    "contact", "reach out", "write to", "turn to", "meanwhile", "in the meantime",
    "in my absence", "during my absence", "urgent", "instead",
    "substitut", "covering", "please write", "please e-mail", "please email",
    "wenden sie sich", "vertret", "vertritt", "dringend", "an meine kolleg", "an meinen kolleg",
    "urgence", "remplac", "adresser", "adressez", "joindre",
    "contatt", "urgen", "rivolg", "diríj", "dirij", "póngase",
    "vervang", "spoed", "kontakt", "piln", "zastęp", "obraťte", "obracejte", "naléhav",
    "zástup", "zastup", "obráťte", "naliehav", "súrn", "nujn", "obrnite", "hitn", "obratite",
    "helyettes", "sürgős", "forduljon", "keress", "înlocu", "adresați", "adresaţi",
    "brådsk", "ersätt", "akut", "haster", "hastende", "vikar",
    "kiireell", "ota yhteyttä", "ottakaa yhteyttä", "sijai", "acil", "iletişim", "başvur",
    "επικοινων", "επείγ", "срочн", "обращ", "обрат", "замеща", "свяж", "термінов", "зверн",
    "заміщ", "紧急", "緊急", "联系", "聯絡", "代理", "代わり", "至急", "お急ぎ",
    "급한", "긴급", "대신", "연락",
)  # fmt: skip

# Between a name and the address that belongs to it.
BETWEEN = frozenset(
    {
        "at", "on", "via", "by", "under", "unter", "e-mail", "email", "mail", "e-mailu", "mailem",
        "mailom", "na", "à", "al", "auf", "per", "sur", "an", "en", "em", "tel", "adresse",
    }
)  # fmt: skip
