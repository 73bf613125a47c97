"""`make audit`: known flaws in what is installed. Exit code 1 where there is one."""

from __future__ import annotations

import sys

from tests.audit.audit import LIST, advisories, by_pip_audit, flaws

PIP_AUDIT = (sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner=off", "--format=json")


def main() -> int:
    """Both looks, reported."""
    listed, found = list(flaws()), by_pip_audit(PIP_AUDIT)
    lines = [f"{len(advisories())} advisories in {LIST.name}: {len(listed) or 'none'} of what is installed."]
    if found is None:
        lines.append("pip-audit is not installed, or its data cannot be had from here: the list alone was looked at.")
    else:
        lines.append(f"pip-audit: {len(found) or 'none'} of what is installed.")
    lines += [f"  {line}" for line in (*listed, *(found or ()))]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if listed or found else 0


if __name__ == "__main__":
    sys.exit(main())
