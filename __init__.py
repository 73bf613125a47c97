"""OneDesk invoices to QuickBooks Online, and their payments back, by rules that can be checked.

What flows where::

    host event -> hooks.py -> ledger row "to do" (the hook returns at once)
      -> the company's lane (plugin/sync)
      -> snapshot of QuickBooks (plugin/qbo) + decisions by the rules (plugin/ruleset)
      -> a plan that can be printed (plugin/planning)
      -> each step: intent row, call, answer (plugin/ledger)
      -> outcome to the host: tag, note, link

    QuickBooks webhook or change data capture -> payment rows -> on_payment_received -> the host
"""

__version__ = "0.1.0"
