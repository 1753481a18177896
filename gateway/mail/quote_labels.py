"""The labels of header lines inside a body ("From:", "Gesendet:", "Komu:"), in many languages.

Only data: `kind_of` tells which field a label stands for. A label means something different in
different languages now and then ("An:", "Do:"); `quote_headers` asks for several fields together.
"""

from typing import Final

_LABELS: Final = {
    "from": """
        шаље, sendandi, nadawca wiadomości,
        from, from address, sender, von, absender, de, expéditeur, van, afzender, fra, afsender,
        avsender, från, avsändare, da, mittente, od, odesílatel, odesilatel, odosielateľ,
        odosielatel, nadawca, remetente, remitente, de la, expeditor, expeditorul, lähettäjä,
        feladó, küldő, kimden, gönderen, от, отправитель, від, від кого, відправник, подател,
        изпращач, од, пошиљалац, šalje, pošiljatelj, pošiljalac, pošiljač, saatja, no, sūtītājs,
        nuo, siuntėjas, από, αποστολέας, nga, dari, daripada, từ, người gửi, จาก, ผู้ส่ง, מאת,
        من, از, 发件人, 寄件人, 寄件者, 差出人, 送信元, 送信者, 보낸 사람, 보낸사람, 발신, 发信人,
        frá, igorlea, nork,
        remitent, kimdən
    """,
    "to": """
        adressaat, viðtakandi, kellele, primaoci, за, príjemca správy, destinatari,
        to, an, empfänger, à, pour, destinataire, destinataires, para, destinatario,
        destinatarios, a, per a, aan, ontvanger, til, modtager, mottaker, till, mottagare, do,
        komu, pre, adresat, adresát, príjemca, příjemce, către, destinatar, destinatarul,
        destinatário, vastaanottaja, címzett, kime, alıcı, кому, до, получатель, отримувач, за,
        prima, za, primatelj, primalac, prejemnik, saaja, kellele, adresaat, kam, saņēmējs, iki,
        gavėjas, προς, παραλήπτης, për, kepada, ke, đến, tới, người nhận, ถึง, ผู้รับ, אל,
        לכבוד, إلى, الى, به, 收件人, 收件者, 宛先, 送信先, 받는 사람, 받는사람, 수신, 收信人,
        nori, kimə
    """,
    "cc": """
        kp, kp., afrit, a/c, ad., копија, v vednost, σε κοινοποίηση, kopie an, kópia komu,
        cc, c.c., kopie, kopie (cc), kopie an, copie, copie à, copia, copia a, cópia, kopi,
        kopia, kópia, kópie, másolat, másolatot kap, dw, do wiadomości, ud, копия, копія, копие,
        kk, kopio, koopia, kopija, kopija (cc), kopē, bilgi, κοιν., κοινοποίηση, tembusan,
        salinan, สำเนา, עותק, نسخة, رونوشت, 抄送, 副本, 참조, ｃｃ, đồng gửi, kopie (kk), v kopii,
        tanácsadó
    """,
    "date": """
        päiväys, датум, датум слања, αποστολή, ημ/νία, bidalia, bidaltze-data, poslato,
        enviat el, ส่ง, wysłany, zaslané, dátum odoslania, datum odeslání,
        verzonden op, verzenddatum, date d'envoi, data di invio, fecha de envío, data de envio,
        date, sent, sent at, date sent, date/time, datum, gesendet, gesendet am, versendet,
        envoyé, envoyé le, fecha, enviado, enviado el, enviada el, enviado em, enviada em,
        enviada, enviat, data, data/hora, dato, sendt, sendt den, skickat, skickades, inviato,
        inviata, verzonden, verstuurd, dátum, odesláno, odoslané, odoslaná, poslané, odoslaný,
        elküldve, elküldés dátuma, küldve, wysłano, wysłane, wysłana, data wysłania, dată,
        trimis, trimisă, tarih, gönderildi, gönderilme, gönderilme tarihi, gönderim tarihi,
        отправлено, дата, дата отправки, надіслано, відправлено, изпратено, послато, päivämäärä,
        pvm, lähetetty, kuupäev, saadetud, datums, nosūtīts, išsiųsta, ημερομηνία, στάλθηκε,
        εστάλη, απεσταλμένα, data wysłania wiadomości, poslano, poslana, tanggal, dikirim,
        tarikh, ngày, đã gửi, gửi lúc, วันที่, ส่งเมื่อ, תאריך, נשלח, בתאריך, التاريخ, تاريخ,
        تاریخ, أُرسلت, تم الإرسال, 日期, 发送时间, 发送日期, 時間, 时间, 寄件日期, 傳送時間, 日時,
        送信日時, 日付, 날짜, 보낸 날짜,
        보낸날짜, 发件日期, dagsetning, tidspunkt, tid
    """,
    "subject": """
        наслов, θεμα, oggetto del messaggio,
        subject, betreff, objet, sujet, asunto, assunto, oggetto, onderwerp, předmět, predmet,
        vec, vec správy, temat, tárgy, subiect, subiectul, konu, тема, предмет, относно, ämne,
        emne, aihe, teema, temats, tēma, tema, θέμα, subjekti, subjek, subyek, perihal, chủ đề,
        tiêu đề, เรื่อง, หัวเรื่อง, נושא, الموضوع, موضوع, 主题, 主旨, 主題, 件名, 標題, 제목,
        naslov,
        zadeva, assumpte, asumpto, efni, gaia, mövzu, re
    """,
    "reply_to": """
        reply-to, reply to, répondre à, antwort an, antworten an, responder a, responder para,
        rispondi a, risposta, odpovědět, odpovědět komu, odpověď na, odpoveď na, odpovedať,
        odpowiedz do, adres zwrotny, antwoord aan, antwoorden, beantwoorden, svar till, svar
        til, svara till, vastausosoite, vastaa, válaszcím, yanıt adresi, yanıtla, ответить, кому
        ответить, відповісти, 返信先, 回复, 回覆, 답장, απάντηση σε, răspuns la, răspunde la
    """,
    "other": """
        importance, priority, wichtigkeit, priorität, anlagen, anhänge, attachments, pièces
        jointes, importancia, prioridad, importance haute, importanza, priorità, dôležitosť,
        důležitost, priorita, prílohy, přílohy, załączniki, ważność, allegati, bijlagen,
        urgentie, vedlagte filer, bilagor, prioritet, archivos adjuntos, datos adjuntos, anexos,
        bcc, cci, cco, ccn, blindkopie, skrytá kopie, skrytá kópia, organization, organisation,
        message-id, in-reply-to, references, content-type, mime-version, x-mailer, user-agent,
        list-id, sensitivity, vertraulichkeit, categories, kategorien, where, when, required,
        optional, resent-from, resent-to, resent-date, return-path, delivered-to, received,
        важность, вложения, вложение, priorité, mailed-by, signed-by, security, newsgroups,
        newsgroup, followup-to
    """,
}

_KINDS: Final = {
    " ".join(label.split()).casefold(): kind
    for kind, labels in _LABELS.items()
    for label in labels.split(",")
    if label.strip()
}

LONGEST: Final = max(map(len, _KINDS))
LABELS: Final = tuple(sorted(_KINDS, key=lambda label: (-len(label), label)))


def kind_of(label: str) -> str | None:
    """Return from, to, cc, date, subject, reply_to or other; None for a word that is no label."""
    return _KINDS.get(" ".join(label.split()).casefold())
