"""The outcome of an exception of items or taxes: names, a reason to hold, or a question to a Python plugin."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.compile.section import Entry
from onedesk_quickbooks.plugin.texts import Text, joined


def only_one(rule: Entry, alone: Sequence[str], together: Sequence[str], example: str, findings: Findings) -> None:
    """A finding for a rule without an outcome, or with several; each of `alone` excludes every other key."""
    written = [key for key in (*together, *alone) if key in rule.node.items]
    if not written:
        findings.add(
            "OQ307",
            rule.name,
            Text('The rule "{value}" does not say what happens.', value=rule.name.value),
            Text('Add {example}, or hold: "why".', example=example),
        )
    first = next((key for key in alone if key in written), None)
    if first is not None and len(written) > 1:
        others = joined(Text(" and "), (key for key in written if key != first))
        findings.add(
            "OQ307",
            rule.node.keys[first],
            Text(
                'The rule "{value}" says {first}, and {others} as well.',
                value=rule.name.value,
                first=first,
                others=others,
            ),
            Text("Keep {first} or {others}, not both.", first=first, others=others),
        )


def reason(rule: Entry) -> str:
    """Why a rule holds, "" if it does not. A question that no plugin answers holds too."""
    hold, question = rule.node.text("hold"), rule.node.text("ask")
    if hold is not None:
        return " ".join(hold.value.split())
    return Text('No plugin answers the question "{value}"', value=question.value) if question is not None else ""


def asked(rule: Entry, findings: Findings) -> str:
    """The question to a Python plugin, "" if there is none; adds a note that such a rule cannot be analysed."""
    question = rule.node.text("ask")
    if question is None:
        return ""
    findings.add(
        "OQ313",
        question,
        Text(
            'What the rule "{value}" decides is found by a Python plugin ("{value2}"), so it cannot be analysed: when'
            " it applies is checked, what it answers is not.",
            value=rule.name.value,
            value2=question.value,
        ),
        Text("Nothing is wrong; write the answer as a rule where you can."),
    )
    return question.value
