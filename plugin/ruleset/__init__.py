"""The rule set: read from YAML with every error reported, compiled, and evaluated.

loaded = load(Path("rules.yaml"))
if loaded.rules is None:
    print(render_findings(loaded.findings, color=False))
else:
    decisions = decide(loaded.rules, invoice, facts)
"""

from onedesk_quickbooks.plugin.findings import CannotRead, render_findings
from onedesk_quickbooks.plugin.ruleset.core.decide import decide, decide_host_payment, decide_payment
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import DEFAULT_RULES, load

__all__ = [
    "DEFAULT_RULES",
    "CannotRead",
    "RuleSet",
    "decide",
    "decide_host_payment",
    "decide_payment",
    "load",
    "render_findings",
]
