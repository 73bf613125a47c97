"""Signing in to the embedded host's pages as a browser does."""

from __future__ import annotations

import re

import requests

PASSWORD = "correct horse battery"


def form_token(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_in(browser: requests.Session, base_url: str, user: str, password: str = PASSWORD) -> requests.Response:
    """Sign in; return the following page."""
    page = browser.get(f"{base_url}/sign-in", timeout=10).text
    form = {"form_token": form_token(page), "user": user, "password": password}
    return browser.post(f"{base_url}/sign-in", data=form, timeout=10)


def make_first_user(browser: requests.Session, first_user_url: str, user: str = "ada") -> requests.Response:
    """Create an administrator with `PASSWORD` and sign in; return the following page."""
    page = browser.get(first_user_url, timeout=10).text
    address, _, key = first_user_url.partition("?key=")
    form = {"form_token": form_token(page), "key": key, "user": user, "name": "Ada Admin"}
    return browser.post(address, data={**form, "password": PASSWORD, "again": PASSWORD}, timeout=10)
