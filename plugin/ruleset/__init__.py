"""The rule set: read from YAML with every error reported, compiled, and evaluated.

loaded = load(Path("rules.yaml"))
if loaded.rules is None:
    print(render_findings(loaded.findings, color=False))
else:
    decisions = decide(loaded.rules, invoice, facts)

The names are to be had of the modules: `load`, `core.decide`, `location`. `status` asks where the rules are and reads
none, so nothing is imported here.
"""
