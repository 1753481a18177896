"""Introductions and header blocks of real clients, by language; the names are made up."""

import textwrap

import pytest

from gateway.mail.quoting import trim

OWN = "Dobrý deň,\n\nfaktúru sme uhradili 2. 3. 2025.\n\nS pozdravom\nPeter"
INTRODUCTIONS = {
    "en gmail": "On Mon, Mar 3, 2025 at 10:05 AM Jana Nová <jana@firma.example> wrote:",
    "en apple": "On 3 Mar 2025, at 10:05, Jana Nová <jana@firma.example> wrote:",
    "en thunderbird": "On 3/3/25 10:05, Jana Nová wrote:",
    "en yahoo": (
        "On Monday, March 3, 2025 at 10:05:11 AM GMT+1, Jana Nová <jana@firma.example> wrote:"
    ),
    "de gmail": "Am Mo., 3. März 2025 um 10:05 Uhr schrieb Jana Nová <jana@firma.example>:",
    "de apple": "Am 03.03.2025 um 10:05 schrieb Jana Nová <jana@firma.example>:",
    "de gmx": (
        "Gesendet: Montag, 3. März 2025 um 10:05 Uhr\n"
        'Von: "Jana Nová" <jana@firma.example>\n'
        "An: ja@x.example\n"
        "Betreff: Re: Rechnung"
    ),
    "de yahoo": "Jana Nová <jana@firma.example> schrieb am 10:05 Montag, 3.März 2025:",
    "nl gmail": "Op ma 3 mrt 2025 om 10:05 schreef Jana Nová <jana@firma.example>:",
    "nl apple": (
        "Op 3 mrt 2025, om 10:05 heeft Jana Nová <jana@firma.example> het volgende geschreven:"
    ),
    "fr gmail": "Le lun. 3 mars 2025 à 10:05, Jana Nová <jana@firma.example> a écrit :",
    "fr apple": "Le 3 mars 2025 à 10:05, Jana Nová <jana@firma.example> a écrit :",
    "es gmail": "El lun, 3 mar 2025 a las 10:05, Jana Nová (<jana@firma.example>) escribió:",
    "pt gmail": "Em seg., 3 de mar. de 2025 às 10:05, Jana Nová <jana@firma.example> escreveu:",
    "pt-pt gmail": "Jana Nová <jana@firma.example> escreveu (segunda, 3/03/2025 à(s) 10:05):",
    "it gmail": (
        "Il giorno lun 3 mar 2025 alle ore 10:05 Jana Nová <jana@firma.example> ha scritto:"
    ),
    "it thunderbird": "Il 03/03/2025 10:05, Jana Nová ha scritto:",
    "ca gmail": (
        "Missatge de Jana Nová <jana@firma.example> del dia dl., 3 de març 2025 a les 10:05:"
    ),
    "ro gmail": "lun., 3 mar. 2025 la 10:05, Jana Nová <jana@firma.example> a scris:",
    "ro thunderbird": "Pe 03.03.2025 10:05, Jana Nová a scris:",
    "pl gmail": "pon., 3 mar 2025 o 10:05 Jana Nová <jana@firma.example> napisał(a):",
    "pl thunderbird": "W dniu 3.03.2025 o 10:05, Jana Nová pisze:",
    "cs gmail": "po 3. 3. 2025 v 10:05 odesílatel Jana Nová <jana@firma.example> napsal:",
    "cs thunderbird": "Dne 03. 03. 25 v 10:05 Jana Nová napsal(a):",
    "cs apple": "3. 3. 2025 v 10:05, Jana Nová <jana@firma.example>:",
    "cs seznam": (
        "---------- Původní e-mail ----------\n"
        "Od: Jana Nová <jana@firma.example>\n"
        "Komu: x@y.example\n"
        "Datum: 3. 3. 2025 10:05:11\n"
        "Předmět: Faktura"
    ),
    "sk gmail": "po 3. 3. 2025 o 10:05 Jana Nová <jana@firma.example> napísal(a):",
    "sk thunderbird": "Dňa 3. 3. 2025 o 10:05 Jana Nová napísal(a):",
    "sl gmail": (
        "V V pon., 3. mar. 2025 ob 10:05 je oseba Jana Nová <jana@firma.example> napisala:"
    ),
    "hr gmail": "pon, 3. ožu 2025. u 10:05 Jana Nová <jana@firma.example> napisao je:",
    "sr gmail": "пон, 3. мар 2025. у 10:05 Jana Nová <jana@firma.example> је написао/ла:",
    "ru gmail": "пн, 3 мар. 2025 г. в 10:05, Jana Nová <jana@firma.example>:",
    "ru mail.ru": "Понедельник, 3 марта 2025, 10:05 +03:00 от Jana Nová <jana@firma.example>:",
    "ru thunderbird": "03.03.2025 10:05, Jana Nová пишет:",
    "uk gmail": "пн, 3 бер. 2025 р. о 10:05 Jana Nová <jana@firma.example> пише:",
    "bg gmail": "На пн, 3.03.2025 г. в 10:05 Jana Nová <jana@firma.example> написа:",
    "sv gmail": "Den mån 3 mars 2025 kl 10:05 skrev Jana Nová <jana@firma.example>:",
    "sv apple": "3 mars 2025 kl. 10:05 skrev Jana Nová <jana@firma.example>:",
    "da gmail": "Den man. 3. mar. 2025 kl. 10.05 skrev Jana Nová <jana@firma.example>:",
    "no gmail": "man. 3. mars 2025 kl. 10:05 skrev Jana Nová <jana@firma.example>:",
    "is": "Þann mán., 3. mar. 2025 kl. 10:05 skrifaði Jana Nová <jana@firma.example>:",
    "fi gmail": "ma 3. maalisk. 2025 klo 10.05 Jana Nová (jana@firma.example) kirjoitti:",
    "et gmail": "Kuupäev E, 3. märts 2025 kell 10:05 kirjutas Jana Nová <jana@firma.example>:",
    "lv gmail": (
        "pirmd., 2025. g. 3. marts, plkst. 10:05 — lietotājs Jana Nová "
        "(<jana@firma.example>) rakstīja:"
    ),
    "lt gmail": "2025-03-03, pr, 10:05 Jana Nová <jana@firma.example> rašė:",
    "hu gmail": "Jana Nová <jana@firma.example> ezt írta (időpont: 2025. márc. 3., H, 10:05):",
    "hu thunderbird": "2025. 03. 03. 10:05 keltezéssel, Jana Nová írta:",
    "tr gmail": "Jana Nová <jana@firma.example>, 3 Mar 2025 Pzt, 10:05 tarihinde şunu yazdı:",
    "el gmail": (
        "Στις Δευ 3 Μαρ 2025 στις 10:05 π.μ., ο χρήστης Jana Nová <jana@firma.example> έγραψε:"
    ),
    "sq": "Më 3 mar 2025, në 10:05, Jana Nová <jana@firma.example> shkroi:",
    "he gmail": (
        "\u202bבתאריך יום ב׳, 3 במרץ 2025 ב-10:05 מאת \u202aJana "
        "Nová\u202c\u200f <\u202ajana@firma.example\u202c\u200f>:\u202c"
    ),
    "ar gmail": (
        "في الاثنين، 3 مارس 2025 في 10:05 ص تمت كتابة ما يلي بواسطة Jana Nová <jana@firma.example>:"
    ),
    "fa": "در تاریخ دوشنبه ۳ مارس ۲۰۲۵،\u200f ۱۰:۰۵ Jana Nová <jana@firma.example> نوشت:",
    "th gmail": "ในวันที่ จ. 3 มี.ค. 2025 เวลา 10:05 Jana Nová <jana@firma.example> เขียนว่า:",
    "vi gmail": "Vào Th 2, 3 thg 3, 2025 vào lúc 10:05 Jana Nová <jana@firma.example> đã viết:",
    "id gmail": (
        "Pada tanggal Sen, 3 Mar 2025 pukul 10.05 Jana Nová <jana@firma.example> menulis:"
    ),
    "ja gmail": "2025年3月3日(月) 10:05 Jana Nová <jana@firma.example>:",
    "ja apple": "2025/03/03 10:05、Jana Nová <jana@firma.example>のメール:",
    "ko gmail": "2025년 3월 3일 (월) 오전 10:05, Jana Nová <jana@firma.example>님이 작성:",
    "zh gmail": "Jana Nová <jana@firma.example> 于2025年3月3日周一 10:05写道：",
    "zh-tw gmail": "Jana Nová <jana@firma.example> 於 2025年3月3日 週一 上午10:05寫道：",
    "zh apple": "在 2025年3月3日，10:05，Jana Nová <jana@firma.example> 写道：",
    "zh qq": (
        "------------------ 原始邮件 ------------------\n"
        '发件人: "Jana" <jana@firma.example>;\n'
        "发送时间: 2025年3月3日(星期一) 上午10:05\n"
        '收件人: "x" <x@y.example>;\n'
        "主题: Re: 发票"
    ),
    "outlook en": (
        "From: Jana Nová <jana@firma.example>\n"
        "Sent: Monday, March 3, 2025 10:05 AM\n"
        "To: x@y.example\n"
        "Subject: Invoice"
    ),
    "outlook sk": (
        "Od: Jana Nová <jana@firma.example>\n"
        "Odoslané: pondelok 3. marca 2025 10:05\n"
        "Komu: x@y.example\n"
        "Predmet: Faktúra"
    ),
    "outlook cs": (
        "Od: Jana Nová <jana@firma.example>\n"
        "Odesláno: pondělí 3. března 2025 10:05\n"
        "Komu: x@y.example\n"
        "Předmět: Faktura"
    ),
    "outlook pl": (
        "Od: Jana Nová <jana@firma.example>\n"
        "Wysłano: poniedziałek, 3 marca 2025 10:05\n"
        "Do: x@y.example\n"
        "Temat: Faktura"
    ),
    "outlook hu": (
        "Feladó: Jana Nová <jana@firma.example>\n"
        "Elküldve: 2025. március 3., hétfő 10:05\n"
        "Címzett: x@y.example\n"
        "Tárgy: Számla"
    ),
    "outlook ro": (
        "De la: Jana Nová <jana@firma.example>\n"
        "Trimis: luni, 3 martie 2025 10:05\n"
        "Către: x@y.example\n"
        "Subiect: Factura"
    ),
    "outlook tr": (
        "Kimden: Jana Nová <jana@firma.example>\n"
        "Gönderildi: 3 Mart 2025 Pazartesi 10:05\n"
        "Kime: x@y.example\n"
        "Konu: Fatura"
    ),
    "outlook el": (
        "Από: Jana Nová <jana@firma.example>\n"
        "Στάλθηκε: Δευτέρα, 3 Μαρτίου 2025 10:05\n"
        "Προς: x@y.example\n"
        "Θέμα: Τιμολόγιο"
    ),
    "outlook ru": (
        "От: Jana Nová <jana@firma.example>\n"
        "Отправлено: 3 марта 2025 г. 10:05\n"
        "Кому: x@y.example\n"
        "Тема: Счет"
    ),
    "outlook he": (
        "מאת: Jana Nová <jana@firma.example>\n"
        "נשלח: יום שני 03 מרץ 2025 10:05\n"
        "אל: x@y.example\n"
        "נושא: חשבונית"
    ),
    "outlook ar": (
        "من: Jana Nová <jana@firma.example>\n"
        "تم الإرسال: 03/03/2025 10:05\n"
        "إلى: x@y.example\n"
        "الموضوع: فاتورة"
    ),
    "outlook ko": (
        "보낸 사람: Jana Nová <jana@firma.example>\n"
        "보낸 날짜: 2025년 3월 3일 월요일 오전 10:05\n"
        "받는 사람: x@y.example\n"
        "제목: 송장"
    ),
    "outlook ja": (
        "差出人: Jana Nová <jana@firma.example>\n"
        "送信日時: 2025年3月3日 10:05\n"
        "宛先: x@y.example\n"
        "件名: 請求書"
    ),
    "outlook et": (
        "Saatja: Jana Nová <jana@firma.example>\n"
        "Saadetud: esmaspäev, 3. märts 2025 10:05\n"
        "Adressaat: x@y.example\n"
        "Teema: Arve"
    ),
    "outlook lv": (
        "No: Jana Nová <jana@firma.example>\n"
        "Nosūtīts: pirmdiena, 2025. gada 3. marts 10:05\n"
        "Kam: x@y.example\n"
        "Tēma: Rēķins"
    ),
    "outlook lt": (
        "Nuo: Jana Nová <jana@firma.example>\n"
        "Išsiųsta: 2025 m. kovo 3 d., pirmadienis 10:05\n"
        "Kam: x@y.example\n"
        "Tema: Sąskaita"
    ),
    "outlook hr": (
        "Šalje: Jana Nová <jana@firma.example>\n"
        "Poslano: 3. ožujka 2025. 10:05\n"
        "Prima: x@y.example\n"
        "Predmet: Račun"
    ),
    "outlook sl": (
        "Od: Jana Nová <jana@firma.example>\n"
        "Poslano: ponedeljek, 3. marec 2025 10:05\n"
        "Za: x@y.example\n"
        "Zadeva: Račun"
    ),
    "outlook bg": (
        "От: Jana Nová <jana@firma.example>\n"
        "Изпратено: понеделник, 3 март 2025 г. 10:05\n"
        "До: x@y.example\n"
        "Относно: Фактура"
    ),
    "outlook uk": (
        "Від: Jana Nová <jana@firma.example>\n"
        "Надіслано: 3 березня 2025 р. 10:05\n"
        "Кому: x@y.example\n"
        "Тема: Рахунок"
    ),
    "outlook fi": (
        "Lähettäjä: Jana Nová <jana@firma.example>\n"
        "Lähetetty: maanantai 3. maaliskuuta 2025 10.05\n"
        "Vastaanottaja: x@y.example\n"
        "Aihe: Lasku"
    ),
    "outlook vi": (
        "Từ: Jana Nová <jana@firma.example>\n"
        "Đã gửi: Thứ Hai, 3 Tháng Ba 2025 10:05\n"
        "Tới: x@y.example\n"
        "Tiêu đề: Hóa đơn"
    ),
    "outlook th": (
        "จาก: Jana Nová <jana@firma.example>\n"
        "ส่งเมื่อ: 3 มีนาคม 2025 10:05\n"
        "ถึง: x@y.example\n"
        "เรื่อง: ใบแจ้งหนี้"
    ),
    "outlook ios": (
        "Get Outlook for iOS<https://aka.ms/o0ukef>\n"
        "________________________________\n"
        "From: Jana Nová <jana@firma.example>\n"
        "Sent: Monday, March 3, 2025 10:05:00 AM\n"
        "To: x@y.example\n"
        "Subject: Invoice"
    ),
}


def wrapped(lines):
    """Return the lines as a client with a narrow editor sends them."""
    return "\n".join(
        part
        for line in lines.split("\n")
        for part in textwrap.wrap(line, 60, break_long_words=False, break_on_hyphens=False)
    )


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
@pytest.mark.parametrize("below", ["> Pay please\n> 100 EUR\n", "\nPay please\n100 EUR\n"])
def test_everything_from_the_introduction_on_is_quotation(introduction, below):
    texts = {
        trim(f"{OWN}{gap}{intro}\n{below}").text
        for gap in ("\n\n", "\n")
        for intro in (introduction, wrapped(introduction))
    }
    assert texts == {OWN}


@pytest.mark.parametrize(
    "text",
    [
        "On your remote host you can run:\n\n    ping 192.0.2.1",
        "Please note: the amount of 2025 was wrong:\n100 EUR instead of 10",
        "Our address is jana@firma.example:\nplease write there.",
        "Date: Friday\nPlace: Prague",
        "To: be honest, from: my side it is fine.",
        "Meeting on 3 March 2025 at 10:05:\nbring the invoice",
        "Von: Wien\nNach: Graz",
        "---- cut here ----\nvoucher 12",
        "Re: your question\nyes",
    ],
)
def test_what_people_write_is_not_taken_for_an_introduction(text):
    assert trim(f"Hello,\n\n{text}\n\nBest regards").quoted_text == ""
