"""The faults that the sandbox injects into one request (docs/sandbox.md), for every test of faults."""

from __future__ import annotations

from typing import Any

LATE_SECONDS = 0.8
"""How late a delayed request or answer is; whoever is to give up on it waits for less."""

DONE: dict[str, dict[str, Any]] = {
    "answer lost": {"fault": "answer_lost"},
    "answer cut": {"fault": "answer_cut"},
    "request twice": {"fault": "twice"},
    "XML": {"fault": "xml"},
    "malformed JSON": {"fault": "malformed_json"},
    "500 though done": {"fault": "http_500", "after": True},
    "502 though done": {"fault": "http_502", "after": True},
    "429 though done": {"fault": "throttled", "after": True},
    "code 10000 though done": {"fault": "system_failure", "after": True},
}
"""The request took effect, and its answer met a fault."""

NOT_DONE: dict[str, dict[str, Any]] = {
    "connection cut": {"fault": "cut"},
    "500": {"fault": "http_500"},
    "502": {"fault": "http_502"},
    "503": {"fault": "http_503"},
    "504": {"fault": "http_504"},
    "429": {"fault": "throttled"},
    "429 as XML": {"fault": "throttled_xml"},
    "code 10000": {"fault": "system_failure"},
    "401": {"fault": "token_refused"},
    "401 as XML": {"fault": "token_refused_xml"},
}
"""The request took no effect."""

LATE: dict[str, dict[str, Any]] = {
    "request delayed": {"fault": "delay", "seconds": LATE_SECONDS},
    "answer delayed": {"fault": "delay", "seconds": LATE_SECONDS, "after": True},
}
"""It takes effect after, or before, whoever asked has given up."""

AT_ONCE = {**DONE, **NOT_DONE}
"""All that need no clock."""

ALL = {**AT_ONCE, **LATE}
