"""The words by which mail programs announce a quotation, in the languages they speak.

Only data. Each table is written as lines `language: word, word`; what the words decide
stands in `quote_headers`. Everything is kept casefolded.
"""


def _words(table: str) -> tuple[str, ...]:
    """Return the distinct words of a table, longest first, so that an alternation prefers them."""
    found = {
        word.strip().casefold()
        for line in table.strip().splitlines()
        for word in line.partition(":")[2].split(",")
        if word.strip()
    }
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


# Stands in "On <date>, <name> wrote:", between name and colon or between date and name.
WROTE = _words("""
    en: wrote, writes, has written
    de: schrieb, geschrieben, schreibt
    nl: schreef, geschreven, schrijft
    af: geskryf, skryf
    fr: a écrit, écrit, écrivait, a écrit:
    es: escribió, escribio, ha escrito, escribe
    pt: escreveu, escreve
    gl: escribiu
    ca: va escriure, ha escrit, escrigué
    eu: idatzi du, idatzi zuen
    it: ha scritto, scritto, scrisse, scrive
    ro: a scris, scris, scrie
    pl: napisał(a), napisał/a, napisał, napisała, napisał(-a), pisze
    cs: napsal(a), napsal/a, napsal, napsala, napsal(-a), píše
    sk: napísal(a), napísal/a, napísal, napísala, napísal(-a), napisal(a)
    sl: je napisal, je napisala, napisal, napisala, napisal/a
    hr: je napisao/la, je napisao, je napisala, napisao, napisala, napisao/la, piše
    sr: је написао/ла, је написао, је написала, написао, написала, пише
    ru: написал(а), написал, написала, пишет, писал, писал(а)
    uk: написав(ла), написав, написала, пише, пише:
    be: напісаў, напісала, піша
    bg: написа, пише
    mk: напиша
    sv: skrev, skrev följande, följande
    da: skrev, skrev følgende
    no: skrev, skreiv
    is: skrifaði
    fi: kirjoitti
    et: kirjutas
    lv: rakstīja
    lt: rašė, parašė
    hu: ezt írta, írta
    tr: yazdı, şunu yazdı, şunları yazdı
    az: yazdı, yazıb
    kk: жазды
    el: έγραψε, έγραψαν
    sq: shkroi
    he: כתב, כתבה, כתב/ה
    ar: كتب, كتبت, تمت كتابة
    fa: نوشت, نوشته است
    hi: ने लिखा
    bn: লিখেছেন
    th: เขียนว่า, เขียน
    vi: đã viết
    id: menulis
    ms: menulis, telah menulis
    tl: isinulat, sumulat
    sw: aliandika
    ga: scríobh
    cy: ysgrifennodd
    ka: დაწერა
    hy: գրել է
    ja: のメール, は書きました, さんは書きました, のメッセージ
    zh: 写道, 寫道, 编写, 撰寫, 來信, 来信
    ko: 작성, 님이 작성, 썼습니다, 님이 쓴 글
""")

# First words of such a line, where it does not begin with the date or the name itself.
OPENERS = _words("""
    en: on
    de: am, vom
    nl: op
    fr: le
    es: el
    pt: em, no dia, a
    ca: el dia, el
    it: in data, il giorno, il
    ro: pe, în, la, in data de
    pl: w dniu, dnia, dn.
    cs: dne, v
    sk: dňa, dna, v
    sl: dne, v, na dan
    hr: dana, na datum, u
    sr: дана, у
    ru: в
    uk: в, у
    bg: на, в
    sv: den, på
    da: den, d.
    no: den, på
    is: þann, á
    fi: kello
    et: kuupäev
    lt: data
    el: στις, την
    he: בתאריך, ב
    ar: في, بتاريخ
    fa: در
    th: ในวันที่, เมื่อ
    vi: vào, vào lúc
    id: pada, pada tanggal
    ms: pada
    zh: 在, 于, 於
""")

# Stems of lines such as "---- Forwarded message ----" or "Begin forwarded message:".
FORWARD_STEMS = _words("""
    en: forward message, forwarded message, forwarded by, forwarded email, forwarded mail
    de: weitergeleitet
    nl: doorgestuurd
    fr: transféré, message transmis, réexpédié, faire suivre
    es: reenviado
    pt: reencaminhada, encaminhada, encaminhado
    ca: reenviat
    gl: reenviada
    it: inoltrato
    ro: redirecționat, redirecţionat, redirectionat
    pl: przekazan, przekazywan, przesłana dalej
    cs: přeposlan, přeposílan
    sk: preposlan, preposielan
    sl: posredovan
    hr: proslijeđen, proslijedjen, prosleđen
    sr: прослеђен
    ru: пересыл, пересланн, переадресован, перенаправлен
    uk: пересилається, переслан, перенаправлен
    bg: препратен
    sv: vidarebefordra
    da: videresendt
    no: videresendt
    is: áframsent, framsent
    fi: välitetty, edelleenlähetetty
    et: edastatud
    lv: pārsūtīt
    lt: persiųst
    hu: továbbított
    tr: letilen, letilmiş, yönlendirilen, leti başlangıcı
    el: προωθημέν
    he: הודעה שהועברה, הועברה
    ar: رسالة محولة, معاد توجيه, المُعاد توجيه, المعاد توجيه, تمت إعادة توجيه
    eu: birbidali, birbidaltze
    fa: پیام فوروارد شده, بازارسال
    th: ส่งต่อ
    vi: chuyển tiếp
    id: diteruskan
    ja: 転送
    zh: 转发, 轉寄, 轉發
    ko: 전달된
""")

# Stems of lines such as "-----Original Message-----".
ORIGINAL_STEMS = _words("""
    en: original message, original mail, original email, original appointment, replied message
    en: previous message
    de: ursprüngliche nachricht, originalnachricht, original-nachricht, ursprüngliche mail
    de: originalmail, ursprünglicher termin
    nl: oorspronkelijk bericht, origineel bericht
    fr: message d'origine, message d’origine, message original, message initial, courriel original
    es: mensaje original
    pt: mensagem original
    ca: missatge original
    gl: mensaxe orixinal
    it: messaggio originale
    ro: mesajul original, mesaj original, mesajul iniţial
    pl: wiadomość oryginalna, oryginalna wiadomość, wiadomość pierwotna, pierwotna wiadomość
    pl: treść oryginalnej
    cs: původní zpráva, původní e-mail, původní mail
    sk: pôvodná správa, pôvodný e-mail, pôvodný mail
    sl: izvirno sporočilo
    hr: izvorna poruka, originalna poruka
    sr: оригинална порука
    ru: исходное сообщение, оригинальное сообщение, исходное письмо
    uk: оригінальне повідомлення, вихідне повідомлення, початкове повідомлення
    bg: оригинално съобщение, първоначално съобщение
    sv: ursprungligt meddelande, originalmeddelande, ursprungligt mail
    da: oprindelig meddelelse, oprindelig besked, original meddelelse, original besked
    no: opprinnelig melding, original melding
    is: upprunaleg skilaboð
    fi: alkuperäinen viesti
    et: algne kiri, algne sõnum
    lv: sākotnējais ziņojums, oriģinālais ziņojums, sākotnējā ziņa
    lt: originalus laiškas, pradinis pranešimas, originalus pranešimas
    hu: eredeti üzenet, eredeti levél
    tr: özgün ileti, orijinal mesaj, orjinal mesaj, asıl mesaj
    el: αρχικό μήνυμα, πρωτότυπο μήνυμα
    he: הודעה מקורית
    ar: الرسالة الأصلية
    th: ข้อความเดิม, ข้อความต้นฉบับ
    vi: thư gốc, tin nhắn gốc
    id: pesan asli
    ja: 元のメッセージ, オリジナルメッセージ, original message
    zh: 原始邮件, 原邮件, 原始郵件, 原始信件
    ko: 원본 메시지, 원본 메일, 원본메시지
""")

# A line that a mail of a helpdesk or a gateway asks to answer above.
ANSWER_ABOVE = _words("""
    en: reply above this line, type your reply above, reply above the line, write your reply above
    de: antworten sie oberhalb dieser zeile, antworten sie über dieser zeile
    de: bitte oberhalb dieser zeile antworten
    nl: antwoord boven deze regel, reageer boven deze regel
    fr: répondez au-dessus de cette ligne, répondre au-dessus de cette ligne
    es: responda por encima de esta línea, responda encima de esta línea
    pt: responda acima desta linha
    it: rispondi sopra questa riga, rispondere sopra questa riga
    pl: odpowiedz powyżej tej linii, odpowiedź powyżej tej linii
    cs: odpovídejte nad tímto řádkem, odpovězte nad tímto řádkem, odpověď pište nad tento řádek
    sk: odpovedajte nad týmto riadkom, odpovedzte nad týmto riadkom, odpoveď píšte nad tento riadok
    hu: e sor fölé írja
    ro: răspundeți deasupra acestei linii
""")
