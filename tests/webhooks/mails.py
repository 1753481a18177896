"""Mail that came and went, for the tests of formats."""

from datetime import UTC, datetime

from webhooks.mail import Arrival, Fate, File, Outcome, Party

NINE = datetime(2026, 11, 22, 9, 7, 0, 123000, tzinfo=UTC)
JANA = Party("jana@client.example", 'Jana "J" Malá')
OURS = Party("acme+ab12@reply.example.com", "ACME")
LOGO = File('lo"go\r\n.png', "image/png", 3, b"\x89P\xff", "logo@client")
LARGE = File("large.zip", "application/zip", 99, None)
ARRIVAL = Arrival(
    id="msg_1",
    at=NINE,
    sender="bounces@client.example",
    recipient=OURS.address,
    from_=JANA,
    to=(OURS,),
    cc=(Party("eva@client.example"),),
    reply_to=(Party("reply@client.example"),),
    subject="Účet",
    date=NINE,
    headers=(
        ("Received", "from client.example"),
        ("From", "jana@client.example"),
        ("Subject", "Účet"),
        ("Message-ID", "<1@client.example>"),
    ),
    text="Thanks\n\n> Here it is\n",
    html="<p>Thanks</p>",
    stripped_text="Thanks",
    signature="Jana",
)
FATE = Fate(
    event_id="evt_1",
    number=7,
    at=NINE,
    outcome=Outcome.BOUNCED,
    message_id="msg_2",
    header_id="2@mail.example.com",
    recipient="jana@client.example",
    from_=Party("acme@mail.example.com", "ACME"),
    subject="Invoice",
    code=550,
    enhanced="5.1.1",
    answer="550 5.1.1 no such user",
    plain="The mailbox does not exist.",
    inactive=True,
)
