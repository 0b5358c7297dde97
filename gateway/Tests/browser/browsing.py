"""The browser of the tests: Debian's Chromium, driven by Playwright."""

import os
import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright


def chromium_path():
    path = os.environ.get("SPOOL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise SystemExit("no chromium was found; install it with: apt-get install chromium")
    return path


@contextmanager
def browser():
    """A headless Chromium. As root it has no sandbox, which Chromium refuses to root."""
    flags = ["--disable-gpu", "--font-render-hinting=none"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield chromium
        chromium.close()


class Watch:
    """Collects what must not happen on a page: console errors, exceptions, requests to elsewhere, CSP violations."""

    def __init__(self, page, origin):
        self.bad, self.origin, self.allowed = [], origin, []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.bad.append(f"exception: {error}"))
        page.on("request", lambda request: None if request.url.startswith((origin, "blob:", "data:")) else self.bad.append(f"request to {request.url}"))

    def _console(self, message):
        if message.type in ("error", "warning") and not any(words in message.text for words in self.allowed):
            self.bad.append(f"{message.type}: {message.text}")
