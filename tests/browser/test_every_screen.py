"""Every screen a role is offered opens on a phone: no exception, nothing blocked, no sideways scroll."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from crm.core.access import Actor, may
from crm.web.menu import MENU
from models.vocabulary import Role
from tests.browser.conftest import Site, no_sideways_scroll, ready, sign_in

pytestmark = pytest.mark.browser
PEOPLE = {
    "hezq": Role.OFFICER,
    "linyq": Role.PARK_STAFF,
    "fengxt": Role.DEPARTMENT,
    "chenduban": Role.SUPERVISOR,
    "tanzhuren": Role.LEADER,
    "guanli": Role.ADMINISTRATOR,
}


@pytest.mark.parametrize("login", list(PEOPLE))
def test_every_screen_of_the_role_opens_on_a_phone(phone: Page, site: Site, login: str) -> None:
    wrong: list[str] = []
    here = ""

    def note(what: str) -> None:
        wrong.append(f"{here}: {what}")

    phone.on("pageerror", lambda error: note(str(error)))
    phone.on("console", lambda m: note(m.text) if "Content Security Policy" in m.text else None)
    phone.on(
        "request",
        lambda r: (
            note(f"asked {r.url}") if urlsplit(r.url).netloc not in {urlsplit(site.url).netloc, ""} else None
        ),
    )
    sign_in(phone, login)
    actor = Actor(user_id=None, name="", role=PEOPLE[login])
    for spec in MENU:
        if spec.verb is not None and not may(actor, spec.verb):
            continue
        here = spec.file
        record = "?id=1" if spec.hidden and spec.file != "account" else ""
        phone.goto(("/" if spec.file == "home" else f"/{spec.file}") + record)
        ready(phone)
        expect(phone.get_by_test_id("stException")).to_have_count(0)
        expect(phone.get_by_role("dialog")).to_have_count(0)
        if not no_sideways_scroll(phone):
            note("scrolls sideways")
    assert wrong == []
