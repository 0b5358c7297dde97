"""What the tests share: a browser, and the gateways that the page is tried on."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browsing import Watch, browser  # noqa: E402
from fake_gateway import FakeGateway  # noqa: E402

# The machine may be busy with other things.
expect.set_options(timeout=20000)

REAL = os.environ.get("SPOOL_GATEWAY")
SPOOL = os.environ.get("SPOOL_BIN", "spool")


@pytest.fixture(scope="session")
def chromium():
    with browser() as one:
        yield one


@pytest.fixture
def opened(chromium):
    """Opens pages; at the end of the test none of them may have complained of anything."""
    contexts, watches = [], []

    def open_page(url, path="/", allow=(), **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.add_init_script("addEventListener('securitypolicyviolation', (event) => console.error('csp ' + event.violatedDirective + ' ' + event.blockedURI + ', from ' + (event.sourceFile || 'nowhere')))")
        page = context.new_page()
        page.set_default_timeout(20000)
        watch = Watch(page, url)
        watch.allowed = list(allow)
        watches.append((page, watch))
        page.goto(url + path)
        return page

    yield open_page
    bad = [words for _, watch in watches for words in watch.bad]
    pwned = [page.evaluate("window.pwned") for page, _ in watches if not page.is_closed()]
    for context in contexts:
        context.close()
    assert not bad, bad
    assert not any(pwned), "words of a payload were run as a script"


@pytest.fixture
def fake():
    """A small spool that moves four times a second."""
    gateway = FakeGateway(every=0.25)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def middle():
    """A few hundred tasks: something of everything."""
    gateway = FakeGateway(tasks=300, pilots=60)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def big():
    """10,000 tasks and 1,000 pilots."""
    gateway = FakeGateway(tasks=10000, pilots=1000)
    yield gateway
    gateway.stop()


class FakeSite:
    """Where the stories run: here the fake gateway, whose jobs fail where their command says so."""

    def __init__(self, gateway, data):
        self.url, self.data = gateway.url, data

    def mend(self):
        pass


class RealSite:
    """A spool with its watcher and pilot, and the gateway on it."""

    def __init__(self, root):
        self.data, self.spool, self.port, self.running = root / "data", root / "spool", free_port(), []
        self.data.mkdir()
        self.url = f"http://127.0.0.1:{self.port}"
        subprocess.run([SPOOL, "init", str(self.spool)], check=True, capture_output=True)
        self.log = open(root / "log", "wb")
        self.start([SPOOL, "up", "--spool", str(self.spool), "--cpus", "2"])
        self.start([REAL, "serve", "--spool", str(self.spool), "--port", str(self.port)])
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                return urllib.request.urlopen(self.url + "/healthz", timeout=1).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"the gateway does not answer: {Path(root / 'log').read_text()}")

    def start(self, command):
        self.running.append(subprocess.Popen(command, stdout=self.log, stderr=self.log))

    def mend(self):
        (self.data / "mended").touch()

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(timeout=30)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(params=["fake", "real"])
def site(request, tmp_path):
    """Each story runs on the fake gateway, and on the real one where SPOOL_GATEWAY names its program."""
    if request.param == "fake":
        gateway = FakeGateway(every=0.25)
        yield FakeSite(gateway, tmp_path)
        gateway.stop()
        return
    if not REAL:
        pytest.skip("SPOOL_GATEWAY does not name the gateway's program")
    real = RealSite(tmp_path)
    yield real
    real.stop()
