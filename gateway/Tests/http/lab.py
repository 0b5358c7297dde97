"""A spool with watcher, pilot and gateway, for the tests of the gateway from outside."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
# The programs are the first two arguments of each script.
SPOOL, GATEWAY = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])


class Lab:
    """A spool with watcher, pilot and gateway, in a directory of its own."""

    def __init__(self, *options, pilot=("--cpus", "2")):
        self.directory = tempfile.mkdtemp(prefix="gateway-http-")
        self.spool = os.path.join(self.directory, "spool")
        self.environment = dict(os.environ, SPOOL_DIR=self.spool)
        self.environment["PATH"] = os.path.dirname(SPOOL) + ":" + os.path.dirname(GATEWAY) + ":" + os.environ["PATH"]
        self.run(SPOOL, "init")
        self.up = self.start([SPOOL, "up", *pilot], "up.log")
        self.options = options
        self.port = 0
        self.start_gateway()

    def start(self, words, log, stdout=None):
        file = open(os.path.join(self.directory, log), "ab")
        return subprocess.Popen(words, cwd=self.directory, env=self.environment, stdout=stdout or file, stderr=file)

    def start_gateway(self):
        words = [GATEWAY, "--port", str(self.port), *self.options]
        self.gateway = self.start(words, "gateway.log", subprocess.PIPE)
        line = self.gateway.stdout.readline().decode()
        match = re.search(r":(\d+)/", line)
        assert match, "the gateway has not started: " + self.text("gateway.log")
        self.port = int(match[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.until("the spool is read", lambda: self.get("/healthz"))

    def text(self, name):
        return pathlib.Path(self.directory, name).read_text(errors="replace")

    def run(self, *words, check=True):
        return subprocess.run(words, cwd=self.directory, env=self.environment, check=check, capture_output=True, text=True)

    def get(self, path, **headers):
        request = urllib.request.Request(self.address + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def until(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            time.sleep(0.05)

    def check(self):
        """The spool is as it must be."""
        result = self.run(SPOOL, "check", check=False)
        assert result.returncode == 0, result.stdout + result.stderr

    def end(self):
        for process in (self.gateway, self.up):
            process.send_signal(signal.SIGTERM)
        for process in (self.gateway, self.up):
            process.wait(60)
        shutil.rmtree(self.directory)
