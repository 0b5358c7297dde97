#!/usr/bin/env python3
"""The gateway from outside: the documented examples, random requests, metrics, hostile callers, doors.

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
import time
import urllib.parse
import urllib.request

from lab import GATEWAY, ROOT, SPOOL, Lab

PARTS = sys.argv[3:] or ["documented", "random", "metrics", "hostile", "doors"]


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
ONLY_SOMETIMES = {
    "spool_chain_suppression", "spool_task_jobs", "spool_disk_high_water_ratio", "spool_disk_files",
    "spool_disk_free_files",
}


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
    nginx(lab, path)
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


def nginx(lab, path):
    """The gateway's socket behind nginx, as documented: answers, and events as they come."""
    block = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/GATEWAY.md").read_text(), re.S)[1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pathlib.Path(lab.directory, "nginx.conf").write_text(
        "daemon off; pid nginx.pid; events {}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port};\n"
        + block.replace("/run/spool/gateway.sock", path) + "}}\n")
    server = lab.start(
        ["nginx", "-p", lab.directory, "-c", "nginx.conf", "-e", "nginx.log", "-g", "user root;"], "nginx.out")
    address = f"http://127.0.0.1:{port}"
    lab.until("nginx answers", lambda: '"cpu"' in lab.run(
        "curl", "-s", address + "/api/v1/queues", check=False).stdout)
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    seen = stream.recv(65536)
    lab.run(SPOOL, "submit", "--name", "behind", "--count", "1", "--wait", "--", "true")
    while b"event: task" not in seen or b'"behind"' not in seen:
        more = stream.recv(65536)
        assert more, "the stream behind nginx ended: " + seen.decode()
        seen += more
    stream.close()
    server.send_signal(signal.SIGQUIT)
    assert server.wait(30) == 0, lab.text("nginx.log") + lab.text("nginx.out")


for part in PARTS:
    globals()[part]()
