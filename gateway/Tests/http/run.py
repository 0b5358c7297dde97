#!/usr/bin/env python3
"""The gateway from outside: the documented examples, random requests, metrics, load.

Usage: run.py SPOOL SPOOL-GATEWAY [PART ...]; parts: documented random metrics hostile doors
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
SPOOL, GATEWAY = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
PARTS = sys.argv[3:] or ["documented", "random", "metrics", "hostile", "doors"]


class Lab:
    """A spool with watcher, pilot and gateway, in a directory of its own."""

    def __init__(self, *options):
        self.directory = tempfile.mkdtemp(prefix="gateway-http-")
        self.spool = os.path.join(self.directory, "spool")
        self.environment = dict(os.environ, SPOOL_DIR=self.spool)
        self.environment["PATH"] = os.path.dirname(SPOOL) + ":" + os.path.dirname(GATEWAY) + ":" + os.environ["PATH"]
        self.run(SPOOL, "init")
        self.up = self.start([SPOOL, "up", "--cpus", "2"], "up.log")
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


def documented():
    """Runs the examples of docs/GATEWAY.md, in their order, in one shell."""
    lab = Lab()
    text = (ROOT / "docs/GATEWAY.md").read_text()
    examples = re.findall(r"```sh run\n(.*?)```", text, re.S)
    assert len(examples) > 5, "there are no examples"
    script = "set -euo pipefail\n" + f"URL={lab.address}\n" + "".join(
        f"echo '--- example {number}' >&2\n{example}" for number, example in enumerate(examples, 1)
    )
    script = script.replace("http://127.0.0.1:8787", lab.address)
    result = lab.run("bash", "-c", script, check=False)
    assert result.returncode == 0, result.stdout + result.stderr + lab.text("gateway.log")
    lab.check()
    lab.end()
    print(f"documented: {len(examples)} examples")


def random():
    """Random requests made from the description of the interface: no answer that it does not allow."""
    lab = Lab("--rate", "100000")
    lab.run(SPOOL, "submit", "--name", "made", "--count", "3", "--output", "out/{index}.txt", "--wait",
            "--", "sh", "-c", "echo x > {output}")
    tool = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    words = [
        tool, "run", lab.address + "/api/v1/openapi.json", "--header", "X-Spool: 1",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--exclude-path", "/api/v1/events", "--phases", "examples,coverage,fuzzing",
        "--max-examples", os.environ.get("EXAMPLES", "60"), "--seed", "7", "--request-timeout", "20",
        "--workers", "2", "--continue-on-failure", "--generation-database", "none",
    ]
    result = lab.run(*words, check=False)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output[-20000:] + lab.text("gateway.log")[-3000:]
    cases = re.search(r"(\d+) generated", output)
    print("random:", cases[0] if cases else output[-400:])
    assert cases and int(cases[1]) >= 2000, "too few cases: " + output[-1000:]
    assert "error" not in {line.split()[1] for line in lab.text("gateway.log").splitlines() if len(line.split()) > 1}
    lab.until("requests are answered", lambda: not os.listdir(lab.spool + "/incoming"))
    lab.check()
    lab.end()


def metrics():
    """Prometheus finds nothing wrong with the metrics, and the alert rules fire when they should; a real one scrapes
    them, and knows every metric that the rules and the board ask for."""
    lab = Lab()
    lab.run(SPOOL, "submit", "--name", "t", "--count", "3", "--wait", "--", "true")
    text = lab.get("/metrics")
    if not shutil.which("promtool"):
        print("metrics: there is no promtool here; `scripts/deps.sh test` installs it")
    else:
        result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        assert result.returncode == 0 and not result.stderr, result.stderr
        monitoring = ROOT / "gateway/monitoring"
        for words in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            result = subprocess.run(["promtool", *words], cwd=monitoring, capture_output=True, text=True)
            assert result.returncode == 0, result.stdout + result.stderr
        print("metrics: promtool finds nothing wrong")
        scraped(lab, monitoring)
    assert lab.get("/metrics", Accept="application/openmetrics-text").endswith("# EOF\n")
    lab.end()


def scraped(lab, monitoring):
    """A real Prometheus reads the metrics and the rules."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = {
        "global": {"scrape_interval": "1s"}, "rule_files": [str(monitoring / "alerts.yml")],
        "scrape_configs": [{"job_name": "spool", "static_configs": [{"targets": [f"127.0.0.1:{lab.port}"]}]}],
    }
    path = pathlib.Path(lab.directory, "prometheus.yml")
    path.write_text(json.dumps(config))
    server = lab.start(
        ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={lab.directory}/tsdb",
         f"--web.listen-address=127.0.0.1:{port}"], "prometheus.log")
    base = f"http://127.0.0.1:{port}/api/v1/"

    def asked(what, **parameters):
        with urllib.request.urlopen(base + what + "?" + urllib.parse.urlencode(parameters), timeout=10) as answer:
            return json.load(answer)["data"]

    def value(query):
        found = asked("query", query=query)["result"]
        return float(found[0]["value"][1]) if found else None

    try:
        lab.until("the scrape", lambda: value("up") == 1 and value("spool_watcher_up") == 1)
        lab.until("a count", lambda: (value('spool_attempts_total{outcome="ok"}') or 0) >= 3)
        known = set(asked("label/__name__/values"))
        asks = (monitoring / "alerts.yml").read_text() + (monitoring / "dashboard.json").read_text()
        missing = set(re.findall(r"spool_[a-z_]+", asks)) - known - ONLY_SOMETIMES
        assert not missing, f"nobody tells {missing}"
        board = json.loads((monitoring / "dashboard.json").read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                asked("query", query=target["expr"].replace("$instance", f"127.0.0.1:{lab.port}"))
        groups = asked("rules")["groups"]
        assert all(rule["health"] != "err" for group in groups for rule in group["rules"]), groups
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    print("metrics: Prometheus scrapes them")


#: Metrics that are there while there is something to tell.
ONLY_SOMETIMES = {"spool_chain_suppression", "spool_task_jobs"}


def hostile():
    """Many idle connections, and clients that send a byte now and then, do not keep others out for long."""
    lab = Lab("--connections", "300")
    idle = []
    for _ in range(250):
        connection = socket.create_connection(("127.0.0.1", lab.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        idle.append(connection)
    assert '"ok"' in lab.get("/healthz")

    def is_closed(connection):
        try:
            connection.settimeout(0.01)
            return connection.recv(1) == b""
        except (TimeoutError, socket.timeout):
            return False
        except OSError:
            return True

    def drip():
        for connection in idle:
            try:
                connection.sendall(b"a")
            except OSError:
                pass
        time.sleep(1)
        return is_closed(idle[0])

    lab.until("slow clients are closed", drip, 60)
    assert '"ok"' in lab.get("/healthz")
    lab.gateway.send_signal(signal.SIGTERM)
    assert lab.gateway.wait(30) == 0, "it ends well"
    lab.start_gateway()
    lab.end()
    print("hostile: slow clients are closed, others are served")


def doors():
    """A socket, and TLS with a token."""
    lab = Lab()
    path = os.path.join(lab.directory, "door")
    process = lab.start([GATEWAY, "--socket", path], "socket.log")
    lab.until("the socket answers", lambda: '"ok"' in lab.run(
        "curl", "-s", "--unix-socket", path, "http://anything/healthz", check=False).stdout)
    assert os.stat(path).st_mode & 0o777 == 0o660
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-keyout", "key.pem", "-out", "cert.pem")
    refused = lab.run(GATEWAY, "--host", "0.0.0.0", "--port", "0", check=False)
    assert refused.returncode == 64 and "--tokens" in refused.stderr, refused.stderr
    token = lab.run(GATEWAY, "token", "--name", "alice", "--role", "read", "--file", "tokens").stdout.strip()
    assert token not in lab.text("tokens")
    process = lab.start(
        [GATEWAY, "--host", "0.0.0.0", "--port", "0", "--tokens", "tokens", "--certificate", "cert.pem", "--key", "key.pem"],
        "tls.log", subprocess.PIPE)
    port = re.search(r"https://0.0.0.0:(\d+)/", process.stdout.readline().decode())[1]
    ask = ["curl", "-s", "--cacert", "cert.pem", f"https://localhost:{port}/api/v1/queues"]
    lab.until("it answers", lambda: '"cpu"' in lab.run(*ask, "-H", f"Authorization: Bearer {token}", check=False).stdout)
    assert '"status":401' in lab.run(*ask).stdout
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    lab.end()
    print("doors: a socket, and TLS with a token")


for part in PARTS:
    globals()[part]()
