"""E-mail addresses as people write them, and texts that QuickBooks cannot read."""

from __future__ import annotations

import pytest

from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.planning.accepted_names import addresses, bad_text

TAKEN = {
    "": (),
    "  ": (),
    "ada@acme.example": ("ada@acme.example",),
    "mailto:ada@acme.example": ("ada@acme.example",),
    "<MAILTO:ada@acme.example?subject=Invoice>": ("ada@acme.example",),
    "\u200bada@acme.example\u00a0": ("ada@acme.example",),
    "ada@acme.example, bob@acme.example": ("ada@acme.example", "bob@acme.example"),
    "ada@acme.example;bob@acme.example": ("ada@acme.example", "bob@acme.example"),
    "ada@acme.example bob@acme.example,": ("ada@acme.example", "bob@acme.example"),
    "ada@acme.example, ada@acme.example": ("ada@acme.example",),
    "Ada@Acme.example, ada@acme.example": ("Ada@Acme.example",),
    "Ada Byron <ada@acme.example>": ("ada@acme.example",),
    '"Byron, Ada" <ada@acme.example>; Bob <bob@acme.example>': ("ada@acme.example", "bob@acme.example"),
    "o'neil+ap@acme.co.example": ("o'neil+ap@acme.co.example",),
}
REFUSED = {
    "ada": '"ada"',
    "ada@acme": '"ada@acme"',
    "ada@@acme.example": '"ada@@acme.example"',
    "ada..b@acme.example": '"ada..b@acme.example"',
    "ada@acme.example.": '"ada@acme.example."',
    "ada@-acme.example": '"ada@-acme.example"',
    "\u00e4da@acme.example": '"\u00e4da@acme.example"',
    "ada@acme.example, bob": '"bob"',
    "not an address": '"not an address"',
    "ada@acme.example; not an address": '"not an address"',
    "ada@acme.example bob": '"bob"',
    "Ada <ada>": '"ada"',
    "<>": '"<>"',
    f"{'a' * 95}@acme.example": "a@acme.example",
}


@pytest.mark.parametrize("text", TAKEN)
def test_addresses_are_taken_as_they_are_written(text: str) -> None:
    assert addresses(text) == TAKEN[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_is_named(text: str) -> None:
    found = addresses(text)
    assert isinstance(found, Reason) and found.code == "bad-email"
    assert REFUSED[text] in found.sentence and found.sentence.endswith("correct it under Billing Preferences.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Set up\x0bprinter", 'U+000B after "Set up"'),
        ("\x00", "U+0000 at the beginning"),
        ("First line\nsecond\x7f", 'U+007F after "second"'),
        ("Set up\ud800", 'U+D800 after "Set up"'),
    ],
)
def test_a_control_character_is_named_with_its_place(text: str, said: str) -> None:
    (reason,) = bad_text("The description of line 7", text)
    assert reason.sentence == (
        f"The description of line 7 contains the control character {said}, which QuickBooks cannot read;"
        " delete it in OneDesk."
    )


@pytest.mark.parametrize("text", ["", "Two\nlines\tand a tab", "\u00e9\u4e2d\U0001f5a8"])
def test_other_texts_are_fine(text: str) -> None:
    assert not list(bad_text("The memo", text))
