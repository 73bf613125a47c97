"""Sentences name the command that corrects a problem. On a page they name the page for it instead."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

from onedesk_quickbooks.plugin.texts.message import Text, say

_WORD = r"(?:'[^']*'(?:\"'\"'[^']*')*|[^\s,;()]*[^\s,;().:])"
_END = "(?:-- )?"
"""What comes before an argument that begins with a hyphen."""
_ENTRY = r"(?: (?:\d+(?: \d+)*|ENTRY|--all-held))?"
_ATTENTION = Text("Needs attention")
_REVIEW = Text("Customers to review")
_RULES = Text("Rules")
_FINANCIALS = Text("Administration > Financials")
PLACES: dict[str, tuple[str, Text, str]] = {
    "copy": ("story", Text("“Copy again” on its page"), f"(?: {_END}(?P<id>{_WORD}))?"),
    "audit": ("story", Text("All that happened to it"), f"(?: {_END}(?P<id>{_WORD}))?"),
    "queue retry": ("attention", Text("Needs attention > Try again"), _ENTRY),
    "queue drop": (
        "attention",
        Text("Needs attention > Take out"),
        rf"{_ENTRY}(?: --run {_WORD})?(?: --reason (?:\"[^\"]*\"|TEXTE?))?",
    ),
    "queue resume": ("attention", Text("Needs attention > Continue them"), f" {_WORD}"),
    "queue release": ("attention", Text("Needs attention > Release"), f" {_END}{_WORD}"),
    "queue settle": ("changes", Text("Changed in QuickBooks"), rf"{_ENTRY}(?: --keep [a-z|]+)?"),
    "queue show": ("attention", _ATTENTION, _ENTRY),
    "queue": ("attention", _ATTENTION, ""),
    "status": ("attention", _ATTENTION, ""),
    "customers confirm": ("customers", _REVIEW, f"(?: {_END}{_WORD} {_WORD})?"),
    "customers reject": ("customers", _REVIEW, f"(?: {_END}{_WORD} {_WORD})?"),
    "customers undo": ("customers", _REVIEW, f"(?: {_END}{_WORD})?"),
    "customers review": ("customers", _REVIEW, ""),
    "payments": ("reconcile", Text("Reconcile > Look for payments now"), ""),
    "rules take": ("rules", _RULES, "(?: --yes)?"),
    "rules back": ("rules", _RULES, "(?: [0-9a-f]{6,})?(?: --yes)?"),
    "check": ("rules", _RULES, ""),
    "settings": ("financials", _FINANCIALS, ""),
    "connect": ("financials", _FINANCIALS, ""),
}
"""For each command the page that replaces it, its name for people, and the arguments that may follow the command."""
_SAID = "|".join(f"{name}{rest.replace('?P<id>', '?:')}" for name, (_, _, rest) in PLACES.items())
_COMMAND = re.compile(
    r"(?P<or>, (?:or|ou) )?(?P<do>\b(?:[Rr]un|[Ee]xécutez)(?:\s?:)? )?"
    rf"`?onedesk-quickbooks (?P<all>{_SAID})`?(?![a-z-])"
)
_OTHER = re.compile(r"onedesk-quickbooks ((?:customers|invoices|keys|ledger|users|webhooks) [a-z]+|[a-z]+)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) UTC")
_DO = Text("use ")
_Link = Callable[[str, str], str]


def on_page(sentence: object, link: _Link) -> Markup:
    """A sentence in the current language, with pages in place of the commands that it names, and times that are shown
    in the reader's time zone. `link` gives the address of a page (of PLACES) for the id of an invoice, and of the help
    on a command, "" if it is unknown."""
    said, done = say(sentence), 0
    made: list[Markup] = []
    for found in _COMMAND.finditer(said):
        name = max((each for each in PLACES if re.match(rf"{each}\b", found["all"])), key=len)
        page, words, rest = PLACES[name]
        given = re.fullmatch(name + rest, found["all"])
        target = link(page, _bare(given["id"] or "") if given and page == "story" else "")
        before, place = said[done : found.start()], say(words)
        shown = Markup('<a href="{}">{}</a>').format(target, place) if target else escape(place)
        done = found.end()
        if found["or"] and place in before:  # the sentence names it already
            first, _, last = before.rpartition(place)
            made += [_rest(first, link), shown, _rest(last, link)]
        else:
            made += [
                _rest(before + (found["or"] or "") + (_as(found["do"], say(_DO)) if found["do"] else ""), link),
                shown,
            ]
    return Markup("").join([*made, _rest(said[done:], link)])


def _rest(text: str, link: _Link) -> Markup:
    """Escaped, with times marked up, and links to the help on commands without a page."""

    def helped(found: re.Match[str]) -> str:
        target = link("help", found[1].replace(" ", "-"))
        return str(Markup('<a href="{}">{}</a>').format(target, found[0])) if target else found[0]

    timed = _TIME.sub(r'<time datetime="\1T\2Z">\g<0></time>', str(escape(text)))
    return Markup(_OTHER.sub(helped, timed))  # noqa: S704 - escaped


def _as(before: str, word: str) -> str:
    """A word with the capitalisation of another."""
    return word[:1].upper() + word[1:] if before[:1].isupper() else word


def _bare(word: str) -> str:
    """An argument without shell quotes."""
    return word.replace("'\"'\"'", "'").strip("'") if word.startswith("'") else word
