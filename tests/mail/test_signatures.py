import pytest

from gateway.mail.signatures import is_closing, is_device_line


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from my Verizon Wireless BlackBerry",
        "Sent from Mail for Windows 10",
        "Sent from Yahoo Mail on Android",
        "Sent from my iPad, please excuse typos",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Outlook für Android beziehen",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Odesláno z iPhonu",
        "Odesláno z mého zařízení Galaxy",
        "Odoslané z iPhonu",
        "Wysłane z iPhone'a",
        "Elküldve az iPhone-omról",
        "Trimis de pe iPhone-ul meu",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Poslano z iPhona",
        "Отправлено с iPhone",
        "Надіслано з iPhone",
        "Στάλθηκε από το iPhone μου",
        "iPhone'umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "נשלח מה-iPhone שלי",
        "Đã gửi từ iPhone của tôi",
    ],
)
def test_a_devices_line_is_known(line):
    assert is_device_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my desk, is much easier then my mobile phone.",
        "The notification was sent from my iPhone app to all users.",
        "The parcel was sent from Prague.",
        "Sent from our warehouse yesterday",
        "I use Outlook for Windows and it does not open the invoice at all, sorry",
        "Gesendet habe ich es gestern.",
        "",
    ],
)
def test_a_sentence_is_no_devices_line(line):
    assert not is_device_line(line)


@pytest.mark.parametrize(
    "line", ["Best regards,", "S pozdravom", "MfG", "*Cordialement,*", "--Thanks!"]
)
def test_a_closing_is_known(line):
    assert is_closing(line)
