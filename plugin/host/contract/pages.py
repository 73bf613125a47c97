"""The promises of a host on the pages that it mounts: one check each, as in promises.py."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from onedesk_quickbooks.plugin.host.contract.tested import PREFIX, HostUnderTest, Listener, PageRequest


def arrive(tested: HostUnderTest, listener: Listener) -> None:
    """A plugin's pages are mounted at their prefix: path, query and form arrive as the browser sent them."""
    asked = _ask(tested, listener, tested.administrator, "/a/page?x=1&y=a%20b")
    assert asked.path == "/a/page", f"PATH_INFO is {asked.path!r} instead of '/a/page'"
    assert asked.script.endswith(PREFIX), f"SCRIPT_NAME is {asked.script!r} and does not end with {PREFIX!r}"
    assert asked.query == "x=1&y=a%20b", f"QUERY_STRING is {asked.query!r}"
    form = {"form_token": str(asked.form_token), "value": "a b&c"}
    sent = _ask(tested, listener, tested.administrator, "/button", form)
    assert dict(parse_qsl(sent.body)) == form, f"the form arrived as {sent.body!r}"


def say_who_is_there(tested: HostUnderTest, listener: Listener) -> None:
    """The environ has the signed-in user ("" if none), a secret of the user's session, and the path of your page
    Financials."""
    seen = {user: _ask(tested, listener, user, "/page") for user in (tested.administrator, tested.colleague, "")}
    for user, asked in seen.items():
        assert asked.user == user, f"onedesk.user is {asked.user!r} for {user or 'nobody'!r}"
    one, other = seen[tested.administrator].form_token, seen[tested.colleague].form_token
    assert isinstance(one, str) and len(one) >= 8, f"onedesk.form_token is {one!r}, which is no secret"
    assert one != other, "two users have the same form token"
    again = _ask(tested, listener, tested.administrator, "/page").form_token
    assert one == again, "the form token is another one at the next page"
    where = seen[tested.administrator].return_to
    assert isinstance(where, str) and where.startswith("/"), (
        f"onedesk.return_to is {where!r}, which is not a valid path"
    )


def show_the_form_token(tested: HostUnderTest, listener: Listener) -> None:
    """The page of onedesk.return_to shows the administrator the settings of plugins; its forms send the form token."""
    asked = _ask(tested, listener, tested.administrator, "/page")
    text = tested.browse(tested.administrator, str(asked.return_to))
    assert "A button of the contract test" in text, f"{asked.return_to} does not show the button of a plugin"
    assert str(asked.form_token) in text, f"the forms of {asked.return_to} do not have the form token"


def let_quickbooks_in(tested: HostUnderTest, listener: Listener) -> None:
    """A plugin's pages /callback and /webhooks require no sign-in, and a POST there needs no form token of yours."""
    query = "code=1&realmId=2"
    assert _ask(tested, listener, "", f"/callback?{query}").query == query
    assert _ask(tested, listener, "", "/webhooks", {"sent": "by QuickBooks"}).path == "/webhooks"


def _ask(
    tested: HostUnderTest, listener: Listener, user: str, path: str, form: Mapping[str, str] | None = None
) -> PageRequest:
    before = len(listener.requests)
    text = tested.browse(user, f"{PREFIX}{path}", form)
    arrived = listener.requests[before:]
    assert len(arrived) == 1, f"{PREFIX}{path}, opened by {user or 'nobody'}, did not arrive: {text[:200]!r}"
    return arrived[0]
