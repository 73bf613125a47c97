"""The problems between this client and QuickBooks: one class per cause, by what is known to have happened there.

QuickBooksProblem
├── NotReached       the request was not sent
├── AnswerUnknown    sent, no usable answer: it is unknown whether it was done
│   └── BadRows          to a query: unreadable rows, or endless ones
├── Throttled        not done: QuickBooks requires a wait
├── NotAuthorised    not done: a person has to connect again
│   └── ConnectionEnded  the consent has ended
├── Refused          not done, with QuickBooks' reason
│   └── Unreadable       one object in an answer does not have the expected form
└── BadWebhook       a notification that cannot be read
"""

from __future__ import annotations

from datetime import timedelta

from onedesk_quickbooks.plugin.model.problem import Problem
from onedesk_quickbooks.plugin.qbo.meanings import FAULTS, RECONNECT, Do, Fault, meaning_of
from onedesk_quickbooks.plugin.texts import Text, joined


class QuickBooksProblem(Problem):
    """The base class. `str()` is a sentence for a person."""

    @property
    def logged(self) -> str:
        """The same for the log, with codes and our own words only: QuickBooks' text may name a customer."""
        return str(self)


class NotReached(QuickBooksProblem):
    """The request was not sent (no such host, connection refused): nothing happened at `url`."""

    def __init__(self, url: str, why: str) -> None:
        reason = why if isinstance(why, Text) else f"{why[:1].lower()}{why[1:]}"
        super().__init__(Text("QuickBooks cannot be reached at {url}: {why}.", url=url, why=reason))
        self.url = url
        self.why = why


class AnswerUnknown(QuickBooksProblem):
    """The request was sent and no usable answer came: only reading QuickBooks can show whether it was done. `failed`:
    QuickBooks answered that it failed (500 and the like). `request` names the one that is repeated before anything
    else. `own`: why, without QuickBooks' text, where `why` quotes it."""

    def __init__(self, why: str, tid: str = "", failed: bool = False, request: str = "", own: str = "") -> None:
        blocks = (
            Text(" The request that {request} is repeated before anything else.", request=request) if request else ""
        )
        super().__init__(
            Text("QuickBooks gave no usable answer: {why}.{trace}{blocks}", why=why, trace=_trace(tid), blocks=blocks)
        )
        self.why = why
        self.tid = tid
        self.failed = failed
        self._own = own

    def to(self, request: str) -> AnswerUnknown:
        """The same, with the request that it answered: "makes the invoice 2041"."""
        return AnswerUnknown(self.why, self.tid, self.failed, request, self._own)

    @property
    def logged(self) -> str:
        return Text("QuickBooks gave no usable answer: {own}.{tid}", own=self._own or self.why, tid=_trace(self.tid))


class BadRows(AnswerUnknown):
    """A query was answered with rows that are no objects, or with endless rows; `entity` is what was asked for."""

    def __init__(self, entity: str, why: str) -> None:
        super().__init__(why)
        self.entity = entity


class Throttled(QuickBooksProblem):
    """QuickBooks did not do it and requires a wait; `wait` is None where it names no time."""

    def __init__(self, wait: timedelta | None, tid: str = "") -> None:
        later = Text("QuickBooks asks to retry later.{trace}", trace=_trace(tid))
        seconds = int(wait.total_seconds()) if wait is not None else 0
        soon = Text("QuickBooks asks to retry in {n} seconds.{trace}", n=seconds, trace=_trace(tid))
        super().__init__(later if wait is None else soon)
        self.wait = wait
        self.tid = tid


class NotAuthorised(QuickBooksProblem):
    """The connection is no longer valid: a person has to act, usually to connect again (`remedy`, a sentence). `own` as
    above."""

    def __init__(self, why: str, tid: str = "", remedy: str = RECONNECT, own: str = "") -> None:
        super().__init__(
            Text(
                "QuickBooks rejected the connection: {why}. {remedy}{trace}",
                why=why.rstrip("."),
                remedy=remedy,
                trace=_trace(tid),
            )
        )
        self.why = why
        self.tid = tid
        self._logged = Text(
            "QuickBooks rejected the connection: {value}. {remedy}{tid}",
            value=(own or why).rstrip("."),
            remedy=remedy,
            tid=_trace(tid),
        )

    @property
    def logged(self) -> str:
        return self._logged


class ConnectionEnded(NotAuthorised):
    """The consent has ended at Intuit: tokens are no longer accepted."""

    def __init__(self, tid: str = "") -> None:
        super().__init__(
            Text("the connection has ended, because access was taken back in QuickBooks or was not used for 100 days"),
            tid,
        )


class Refused(QuickBooksProblem):
    """QuickBooks did not do it and gave one or more faults."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        if not faults:
            raise ValueError("a refusal has at least one fault")
        self.faults = faults
        super().__init__(self.sentence)

    @classmethod
    def unseen(cls, why: str) -> Refused:
        """A refusal without a fault of QuickBooks: reading it shows that the request was not done."""
        return cls((Fault("", "", why, "", "", 200, ""),))

    @property
    def code(self) -> str:
        """The first fault's code; "" without one."""
        return self.faults[0].code

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all faults."""
        return frozenset(fault.code for fault in self.faults)

    @property
    def do(self) -> Do:
        """The action: stop before hold before reread, because one fault that cannot be repaired decides."""
        wanted = {meaning_of(fault.code, fault.detail).do for fault in self.faults}
        order: tuple[Do, ...] = ("stop", "hold", "reread")
        return next((do for do in order if do in wanted), "hold")

    @property
    def stale(self) -> bool:
        """Whether the object was changed by others since it was read (5010)."""
        return "5010" in self.codes

    @property
    def tid(self) -> str:
        """Intuit's trace id, "" for none."""
        return self.faults[0].tid

    @property
    def sentence(self) -> str:
        """For a bookkeeper: the meaning, QuickBooks' text, and the remedy."""
        return joined(" ", dict.fromkeys(_sentence(fault) for fault in self.faults))

    @property
    def logged(self) -> str:
        return " ".join(dict.fromkeys(_logged(fault) for fault in self.faults))


class Unreadable(Refused):
    """One object in QuickBooks' answer does not have the expected form: it cannot be used."""

    def __init__(self, kind: str, object_id: str, why: str) -> None:
        name = f"{kind} {object_id}".strip()
        self._unread = Text("what it answered of its {name} cannot be read", name=name)
        self.why = Text("{unread} ({why})", unread=self._unread, why=why)
        super().__init__((Fault("", "", self.why, "", "", 200, ""),))

    @property
    def logged(self) -> str:
        return Text("QuickBooks gave no usable answer: {unread}.", unread=self._unread)


class BadWebhook(QuickBooksProblem):
    """A notification in neither of QuickBooks' two shapes."""

    def __init__(self, why: str) -> None:
        super().__init__(Text("The notification cannot be read: {why}.", why=why))
        self.why = why


def _trace(tid: str) -> str:
    return f" (intuit_tid {tid})" if tid else ""


def _sentence(fault: Fault) -> str:
    """For an unknown code, QuickBooks' whole text: a person will have to look it up."""
    meaning, known = meaning_of(fault.code, fault.detail), fault.code in FAULTS
    both = f"{fault.message}: {fault.detail}" if fault.message and fault.detail else ""
    said = (not known and both) or fault.detail or fault.message or f"HTTP {fault.status}"
    code = f" (code {fault.code})" if fault.code else ""
    where = Text(", about {element}", element=fault.element) if fault.element else ""
    trace = "" if known or not fault.tid else f"{_trace(fault.tid)}."
    return Text(
        '{meaning} QuickBooks says{code}{where}: "{said}"{trace} {remedy}',
        meaning=meaning.meaning,
        code=code,
        where=where,
        said=said,
        trace=trace,
        remedy=meaning.remedy,
    )


def _logged(fault: Fault) -> str:
    meaning = meaning_of(fault.code, fault.detail)
    code = f"code {fault.code}" if fault.code else f"HTTP {fault.status}"
    return f"{meaning.meaning.rstrip('.')} ({code}).{_trace(fault.tid)} {meaning.remedy}"
