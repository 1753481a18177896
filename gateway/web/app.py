"""The routes of all pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.web import pdf_links, provider_hook
from gateway.web.admin import AdminPage
from gateway.web.allowing import Allowing
from gateway.web.assets import Assets
from gateway.web.chat import Chat
from gateway.web.colleagues import ColleaguesLine
from gateway.web.company_settings import CompanySettings
from gateway.web.draft_forms import DraftForms
from gateway.web.email_settings import SettingsPage
from gateway.web.first_use import FirstUse
from gateway.web.formatted import Formatted
from gateway.web.genuine import Genuine
from gateway.web.guard import Pace
from gateway.web.handouts import Handouts
from gateway.web.hooks_page import HooksPage
from gateway.web.inbox import Inbox
from gateway.web.inbox_forms import InboxForms
from gateway.web.keys_page import KeysPage
from gateway.web.live import Live
from gateway.web.pages import HEADERS, Pages, see_other
from gateway.web.paying import Paying
from gateway.web.payments_page import PaymentsPage
from gateway.web.promising import Promising
from gateway.web.reading import Reading
from gateway.web.reminder_wish import ReminderWish
from gateway.web.rendering import environment
from gateway.web.replies_page import RepliesPage
from gateway.web.sender_domain import SenderDomainPage
from gateway.web.services import WebServices
from gateway.web.several import Several
from gateway.web.signin import SignIn
from gateway.web.sorting_forms import SortingForms
from gateway.web.tagging import TagForms
from gateway.web.team_page import TeamPage
from gateway.web.tongues import Speaking
from gateway.web.viewing import Viewing


def build_web(services: WebServices) -> list[BaseRoute]:
    """Return the routes of the customer's pages and the Inbox."""
    assets = Assets()
    public_url = services.context.names.public_url
    pages = Pages(environment(), assets, public_url, services.unknown_links)
    pace = Pace(services.posts_per_minute)
    sign_in = SignIn(services, pages, pace)
    inbox = Inbox(services, pages, sign_in)
    chat = Chat(services, pages, pace)
    return [
        *provider_hook.routes(services.online),
        *Paying(services, pages, pace).routes(),
        *Reading(services, pages).routes(),
        *Genuine(services, pages, pace).routes(),
        *Viewing(services, pages).routes(),
        *Handouts(services, pages).routes(),
        *Live(services, pages, sign_in).routes(),
        *chat.routes(),
        *Promising(services, pages, pace, chat).routes(),
        *Speaking(services, pages, pace).routes(),
        *pdf_links.routes(services, pages),
        *Allowing(services, pages).routes(),
        *ReminderWish(services, pages).routes(),
        *sign_in.routes(),
        *SettingsPage(services, pages, sign_in, pace).routes(),
        *SenderDomainPage(services, pages, sign_in).routes(),
        *TeamPage(services, pages, sign_in).routes(),
        *KeysPage(services, pages, sign_in).routes(),
        *HooksPage(services, pages, sign_in).routes(),
        *RepliesPage(services, pages, sign_in).routes(),
        *PaymentsPage(services, pages, sign_in).routes(),
        *AdminPage(services, pages, pace).routes(),
        *CompanySettings(services, pages, sign_in).routes(),
        *inbox.routes(),
        *FirstUse(services, pages, sign_in, inbox).routes(),
        *ColleaguesLine(services, pages, sign_in).routes(),
        *Formatted(services, pages, sign_in, pace).routes(),
        *InboxForms(services, pages, sign_in, inbox).routes(),
        *TagForms(services, pages, sign_in).routes(),
        *Several(services, pages, sign_in).routes(),
        *SortingForms(services, pages, sign_in, inbox).routes(),
        *DraftForms(services, pages, sign_in, inbox).routes(),
        assets.route(HEADERS),
        *pages.nothing("/c"),
        *pages.nothing("/d"),
        *pages.nothing("/v"),
        *pages.nothing("/inbox"),
        pages.route("/", _front_door),
    ]


async def _front_door(_: Request) -> Response:
    """Lead to the Inbox: who types our host's name is of a company."""
    return see_other("/inbox")
