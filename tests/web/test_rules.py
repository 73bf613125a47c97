"""The pages of rules: who may, what the buttons do, and what keeps a text that could not be saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from onedesk_quickbooks.plugin.findings import Finding
from onedesk_quickbooks.plugin.sync.errors import RulesProblem
from tests.web.conftest import Host
from tests.web.test_attention import text_of

if TYPE_CHECKING:
    from tests.web.conftest import FakeApp

FORM = {"form_token": "T-1"}
PAGES = ("/rules", "/rules/waiting", f"/rules/back/{'b' * 64}", "/rules/edit", "/rules/try")
MISTAKE = Finding(
    "OQ110", "error", "/srv/desk/rules.yaml", 2, 1, 2, 5, "There is <no> key.", "Write taxes.", (), "taxs: 1"
)


@pytest.mark.parametrize("path", PAGES)
def test_only_who_may_administer_sees_them(host: Host, application: FakeApp, path: str) -> None:
    assert host.call("GET", path).status_code == 401
    assert host.call("GET", path, user="bob").status_code == 403
    assert host.call("GET", path, user="ada").status_code in (200, 303)


@pytest.mark.parametrize("path", ["/rules/take", "/rules/edit"])
def test_only_own_forms_of_administrators_change_anything(host: Host, application: FakeApp, path: str) -> None:
    form = {
        "do": "save" if path.endswith("edit") else "take",
        "version": "b" * 64,
        "text": "version: 1",
        "digest": "d1",
    }
    assert host.call("POST", path, user="bob", data={**FORM, **form}).status_code == 403
    assert host.call("POST", path, user="ada", data=form).status_code == 400
    assert application.asked == []
    assert host.call("POST", path, user="ada", data={**FORM, **form}).status_code == 303
    assert [each[0] for each in application.asked if each[0] in ("save", "take")] == [form["do"]]


def test_what_waits_leads_to_what_it_would_move(host: Host, application: FakeApp) -> None:
    assert host.call("GET", "/rules/waiting", user="ada").headers["Location"].endswith("/quickbooks/rules")
    application.rules = replace(application.rules, waiting="b" * 64)
    assert "See what it would change, and take it" in host.call("GET", "/rules", user="ada").text
    page = host.call("GET", "/rules/waiting?past=30d", user="ada").text
    assert f'name="version" value="{"b" * 64}"' in page and ("waiting", "2026-10-25", "None") in application.asked
    assert f'name="before" value="{"a" * 64}"' in page
    host.call("GET", "/rules/waiting?past=all", user="ada")
    host.call("GET", "/rules/waiting?past=<9>", user="ada")
    assert [each[1:] for each in application.asked if each[0] == "waiting"][1:] == [
        ("2026-10-25", "None"),
        ("None", "None"),
        ("None", "1000"),
    ]
    back = host.call(
        "POST", "/rules/take", user="ada", data={**FORM, "do": "back", "version": "c" * 64, "before": "a" * 64}
    )
    assert back.headers["Location"].endswith("/quickbooks/rules?done=back")
    assert application.asked[-1] == ("back", "c" * 64, "ada", "a" * 64)
    assert host.call("POST", "/rules/take", user="ada", data=FORM).status_code == 400
    application.problem = RulesProblem("It was changed meanwhile.")
    refused = host.call("POST", "/rules/take", user="ada", data={**FORM, "do": "take", "version": "b" * 64})
    assert refused.status_code == 409 and "It was changed meanwhile." in refused.text


def test_a_text_is_checked_without_being_saved_and_stays_where_it_cannot_be(host: Host, application: FakeApp) -> None:
    text = "\n\nversion: 1\r\n# <b>\r\n"
    form = {**FORM, "text": text, "digest": "d1"}
    application.found = [MISTAKE]
    page = host.call("POST", "/rules/edit", user="ada", data={**form, "do": "check"})
    assert application.asked == [("check", "\n\nversion: 1\n# <b>\n")]
    assert page.status_code == 200 and "OQ110" in page.text and "There is &lt;no&gt; key." in page.text
    kept = 'autocapitalize="off" aria-describedby="text-help">\n\n\nversion: 1\n# &lt;b&gt;\n</textarea>'
    assert kept in page.text, "a browser drops the first line break"
    refused = host.call("POST", "/rules/edit", user="ada", data={**form, "do": "save"}).text
    assert "Nothing was saved: it has mistakes." in text_of(refused) and kept in refused
    application.problem = RulesProblem("It has changed since you opened it.")
    conflict = host.call("POST", "/rules/edit", user="ada", data={**form, "do": "save"})
    assert conflict.status_code == 409 and kept in conflict.text and 'name="digest" value="d1"' in conflict.text
    assert "It has changed since you opened it." in conflict.text


def test_what_is_found_while_it_is_typed_is_a_part_of_a_page(host: Host, application: FakeApp) -> None:
    form = {**FORM, "text": "version: 1\r\n"}
    application.found = [MISTAKE]
    part = host.call("POST", "/rules/edit/found", user="ada", data=form).text
    assert application.asked == [("found", "version: 1\n")]
    assert "OQ110" in part and "There is &lt;no&gt; key." in part and "<html" not in part
    application.found = []
    assert "No mistake was found." in host.call("POST", "/rules/edit/found", user="ada", data=form).text
    assert host.call("POST", "/rules/edit/found", user="ada", data={"text": "version: 1\n"}).status_code == 400
    assert host.call("POST", "/rules/edit/found", user="eve", data=form).status_code == 403


def test_a_large_file_can_be_saved(host: Host, application: FakeApp) -> None:
    text = "# " + "x" * 1_900_000
    done = host.call("POST", "/rules/edit", user="ada", data={**FORM, "do": "save", "text": text, "digest": "d1"})
    assert done.status_code == 303 and application.asked[-1] == ("save", text, "d1", "ada")


def test_rules_that_are_not_to_be_edited_here_say_why(host: Host, application: FakeApp) -> None:
    application.text = replace(application.text, closed="The rules are the files of a folder.")
    assert "The rules are the files of a folder." in host.call("GET", "/rules", user="ada").text
    assert host.call("GET", "/rules/edit", user="ada").status_code == 404


def test_an_invoice_that_is_not_there_is_said(host: Host, application: FakeApp) -> None:
    page = host.call("GET", "/rules/try?invoice=%3Cnone%3E", user="ada").text
    assert "There is no invoice “&lt;none&gt;”" in page and application.asked == [("try", "<none>")]
