#!/usr/bin/env python3
"""What the gateway costs: viewers and requests beside a running task.

Usage: load.py SPOOL SPOOL-GATEWAY [VIEWERS] [REQUESTS-A-SECOND] [JOBS] [NAP]; wants wrk

A task of JOBS jobs, each of which sleeps NAP seconds in one of 32 slots, runs with the gateway under load,
and before and after it alone. In the middle of the loaded run the gateway is killed and started anew: its
viewers go on, and see no event twice.
"""
import asyncio
import os
import pathlib
import re
import subprocess
import sys
import time

from lab import SPOOL, Lab

VIEWERS, REQUESTS, JOBS = ([int(word) for word in sys.argv[3:6]] + [500, 1000, 20000][len(sys.argv[3:6]):])
NAP = sys.argv[6] if len(sys.argv) > 6 else "0.1"
SLOTS = 32


class Viewer:
    """One that follows all events, and comes back by the last one when the stream breaks."""

    def __init__(self, port):
        self.port = port
        self.last = None
        self.events = self.returns = self.resets = self.doubled = 0
        self.trouble = None

    async def follow(self):
        try:
            while True:
                try:
                    await self.stream()
                except OSError:
                    pass
                self.returns += 1
                await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.trouble = repr(error)

    async def stream(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        header = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{header}\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head, head
            async for line in reader:
                if line.startswith(b"id: "):
                    self.note(line[4:].strip().decode())
                elif line.startswith(b"event: reset"):
                    self.resets += 1
                elif line.startswith(b"event: "):
                    self.events += 1
        finally:
            writer.close()

    def note(self, identity):
        life, number = identity.rsplit("-", 1)
        if self.last:
            before, seen = self.last.rsplit("-", 1)
            # The greeting says again where the stream stands.
            self.doubled += life == before and int(number) < int(seen)
        self.last = identity


def usage(pid):
    """The processor time of a process in seconds, and its memory in MB."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    memory = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(memory[1]) / 1024


def submit(lab, name):
    lab.run(SPOOL, "submit", "--name", name, "--count", str(JOBS), "--", "sleep", NAP)


async def finish(lab, name):
    waiting = await asyncio.create_subprocess_exec(
        SPOOL, "wait", name, env=lab.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert await waiting.wait() == 0


async def alone(lab, name):
    begin = time.monotonic()
    submit(lab, name)
    await finish(lab, name)
    return JOBS / (time.monotonic() - begin)


async def requests(lab, name, seconds):
    """Asks for the task's page at a steady rate; returns what wrk says."""
    connections = 40
    script = pathlib.Path(lab.directory, "rate.lua")
    # An answer itself takes some milliseconds.
    pause = max(1, connections * 1000 // REQUESTS - 3)
    script.write_text(f"function delay() return {pause} end\n")
    process = await asyncio.create_subprocess_exec(
        "wrk", "--latency", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", str(script),
        f"{lab.address}/api/v1/tasks/{name}", stdout=subprocess.PIPE)
    return (await process.communicate())[0].decode()


async def loaded(lab, name):
    viewers = [Viewer(lab.port) for _ in range(VIEWERS)]
    following = [asyncio.create_task(viewer.follow()) for viewer in viewers]
    await asyncio.sleep(3)
    begin = time.monotonic()
    submit(lab, name)
    end = asyncio.create_task(finish(lab, name))
    await asyncio.sleep(2)
    cpu, memory = usage(lab.gateway.pid)
    print("requests:\n" + await requests(lab, name, 15))
    print(f"gateway: {usage(lab.gateway.pid)[0] - cpu:.1f} s of processor time in 15 s; memory {memory:.0f} MB, "
          f"then {usage(lab.gateway.pid)[1]:.0f} MB")
    lab.gateway.kill()
    lab.gateway.wait()
    lab.start_gateway()
    await asyncio.sleep(4)
    seen = [viewer.events for viewer in viewers]
    print("requests after the restart:\n" + await requests(lab, name, 5))
    await end
    rate = JOBS / (time.monotonic() - begin)
    await asyncio.sleep(2)
    print(f"memory after it: {usage(lab.gateway.pid)[1]:.0f} MB")
    for task in following:
        task.cancel()
    back = sum(viewer.events > before for viewer, before in zip(viewers, seen))
    print(f"viewers: {VIEWERS}, {sum(viewer.events for viewer in viewers)} events; after the kill {back} went on")
    troubles = {viewer.trouble for viewer in viewers if viewer.trouble}
    assert not troubles, troubles
    assert back == VIEWERS, "viewers did not go on"
    assert not sum(viewer.doubled for viewer in viewers), "events came twice"
    return rate


async def main():
    lab = Lab("--rate", "100000", pilot=["--cpus", str(SLOTS), "--memory", "128GB"])
    print(f"{JOBS} jobs of {NAP} s, {SLOTS} slots; {VIEWERS} viewers, {REQUESTS} requests/s")
    lab.gateway.terminate()
    lab.gateway.wait()
    before = await alone(lab, "before")
    lab.start_gateway()
    during = await loaded(lab, "during")
    lab.gateway.terminate()
    lab.gateway.wait()
    after = await alone(lab, "after")
    lab.start_gateway()
    print(f"rate: {before:.0f} jobs/s before, {during:.0f} under load, {after:.0f} after: "
          f"{during / ((before + after) / 2):.2f}")
    lab.check()
    lab.end()


asyncio.run(main())
