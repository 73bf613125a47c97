"""Every finding's code, its severity and its title. Codes are stable: a number is never used for something else.

OQ1xx: the file cannot be read as YAML as an administrator means it. OQ2xx: a key or value has the wrong shape.
OQ3xx: well-formed, but it cannot mean what was meant. OQ4xx: proved by analysis of whole tables. OQ5xx: compared with
the QuickBooks company. OQ6xx: compared with what OneDesk has in use.
"""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning", "note"]

CODES: dict[str, tuple[Severity, str]] = {
    "OQ101": ("error", "The file is not UTF-8"),
    "OQ102": ("error", "The file is UTF-16 or UTF-32"),
    "OQ103": ("error", "A control character stands in the file"),
    "OQ104": ("error", "A byte order mark stands inside the file"),
    "OQ105": ("error", "A tab stands in the file"),
    "OQ106": ("error", "The file is too large"),
    "OQ107": ("error", "The file is nested too deep"),
    "OQ108": ("error", "The file is not YAML"),
    "OQ109": ("error", "A second document begins"),
    "OQ110": ("error", "A key stands twice"),
    "OQ111": ("error", "A value begins with &"),
    "OQ112": ("error", "A value begins with *"),
    "OQ113": ("error", "Maps are merged with <<"),
    "OQ114": ("error", "A value begins with !"),
    "OQ115": ("error", "The file holds no rules"),
    "OQ116": ("error", "A key is not a plain text"),
    "OQ117": ("error", "An unusual line break stands in the file"),
    "OQ118": ("error", "The file begins with a YAML directive"),
    "OQ119": ("error", "The same section stands in two files"),
    "OQ120": ("warning", "A # cuts the value off"),
    "OQ121": ("error", "A space or colon that YAML does not know"),
    "OQ122": ("warning", "A no-break space stands in a name"),
    "OQ123": ("warning", "An invisible character stands in a name"),
    "OQ124": ("warning", "A letter of another alphabet stands in a name"),
    "OQ125": ("warning", "Curly quotes stand around a value"),
    "OQ126": ("error", "An included file cannot be read"),
    "OQ127": ("error", "Files include each other in a circle"),
    "OQ128": ("error", "A value begins with a character that YAML keeps for itself"),
    "OQ201": ("error", "An unknown key"),
    "OQ202": ("error", "A key is missing"),
    "OQ203": ("error", "A text, list or map stands where another is expected"),
    "OQ204": ("error", "Not one of the words that are allowed"),
    "OQ205": ("error", "A key without a value"),
    "OQ206": ("error", "A value is not written as expected"),
    "OQ207": ("error", "Too few or too many entries"),
    "OQ208": ("error", "A text is too long"),
    "OQ301": ("error", "An unknown country"),
    "OQ302": ("error", "Two keys that mean the same"),
    "OQ303": ("error", "A rule id stands twice"),
    "OQ304": ("error", "A * in the middle of a value"),
    "OQ305": ("error", "An empty range"),
    "OQ306": ("error", "A condition that this table cannot have"),
    "OQ307": ("error", "A rule without an outcome, or with two"),
    "OQ308": ("error", "A name that QuickBooks forbids"),
    "OQ309": ("error", "A date that does not exist"),
    "OQ310": ("warning", "A setting that has no effect"),
    "OQ311": ("warning", "A value that stands twice"),
    "OQ312": ("warning", "An unknown region"),
    "OQ313": ("note", "A rule that a Python plugin decides"),
    "OQ314": ("warning", "Two names that look alike"),
    "OQ315": ("warning", "An unknown currency"),
    "OQ401": ("error", "A rule that can never win"),
    "OQ402": ("note", "The order of two rules decides"),
    "OQ403": ("note", "A rule that changes nothing"),
    "OQ404": ("note", "The analysis of a table was stopped"),
    "OQ405": ("error", "A case that no rule covers"),
    "OQ501": ("error", "A name that the QuickBooks company does not have"),
    "OQ502": ("error", "A name that is inactive in QuickBooks"),
    "OQ503": ("error", "A name of the wrong kind in QuickBooks"),
    "OQ504": ("error", "A rule that this company cannot use"),
    "OQ505": ("note", "An item that will be created"),
    "OQ601": ("warning", "A service type in use that no rule covers"),
    "OQ602": ("warning", "A country in use that no rule covers"),
    "OQ603": ("warning", "A customer in use that no rule covers"),
}
