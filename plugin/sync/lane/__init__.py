"""The lane of one company: look (looking, snapshot) -> plan -> put (putting, executing) -> tell. Begin with lane.py."""
