"""What the environment says of proxies and certificates counts for each server, as with requests itself."""

from __future__ import annotations

import pytest
import requests

from onedesk_quickbooks.plugin.qbo import new_session


def test_the_environment_is_asked_once_for_each_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/srv/ca.pem")
    with new_session() as session, requests.Session() as plain:
        for url in ("https://books.example/v3/a", "https://inside.example/v3", "http://books.example/", "https://x:8/"):
            for _ in range(2):
                found = session.merge_environment_settings(url, {}, None, None, None)
                assert found == plain.merge_environment_settings(url, {}, None, None, None)
        before = session.merge_environment_settings("https://books.example/v3/b", {}, None, None, None)
        assert before["proxies"]["https"] == "http://proxy.example:3128"
        assert before["verify"] == "/srv/ca.pem"
        own = {"https": "http://other.example:1"}
        given = session.merge_environment_settings("https://books.example/", own, None, None, None)
        assert given["proxies"]["https"] == own["https"]
