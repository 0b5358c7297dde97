"""Measures frames of the page with 10,000 tasks and 1,000 pilots: `python frames.py`.

Prints, for each view at rest with live events and while it is scrolled, the frames a second, the median and the 99th
percentile of the time between two frames, the frames of over 50 ms and the longest one; and the main thread's processor
time in a frame, which does not depend on what else the machine does.
"""

import json
import statistics
import sys

from browsing import browser
from fake_gateway import FakeGateway

RECORD = """(seconds) => new Promise((resolve) => {
  const times = [];
  let scroll = 0, last = performance.now(), start = last;
  const step = (now) => {
    times.push(now - last);
    last = now;
    if (window.scrolling) { scrollTo(0, scroll); scroll += 90; }
    if (now - start < seconds * 1000) requestAnimationFrame(step);
    else resolve(times.slice(1));
  };
  requestAnimationFrame(step);
})"""


def spent(session):
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return [1000 * metrics[name] for name in ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")]


def measure(page, session, scrolling, seconds=6):
    page.evaluate(f"window.scrolling = {json.dumps(scrolling)}")
    before = spent(session)
    times = sorted(page.evaluate(RECORD, seconds))
    busy = [round((b - a) / len(times), 2) for a, b in zip(before, spent(session))]
    return {"ms of a frame (all, script, layout, style)": busy, "fps": round(len(times) / (sum(times) / 1000), 1), "median": round(statistics.median(times), 1), "p99": round(times[int(len(times) * 0.99)], 1),
            "over50": sum(time > 50 for time in times), "longest": round(times[-1], 1), "frames": len(times)}


def run(tasks=10000, pilots=1000, seconds=6):
    gateway = FakeGateway(tasks=tasks, pilots=pilots)
    out = {}
    try:
        with browser() as chromium:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(gateway.url)
            page.wait_for_function(f"import('/assets/store.js').then((m) => m.store.tasks.size >= {tasks} && m.store.pilots.size >= {pilots})", timeout=240000)
            for view, scrolling in (("/ui/", False), ("/ui/tasks", False), ("/ui/tasks", True), ("/ui/pilots", False), ("/ui/pilots", True)):
                page.evaluate("(path) => { history.pushState({ at: 0 }, '', path); dispatchEvent(new PopStateEvent('popstate')); }", view)
                page.wait_for_timeout(1500)
                out[view + (" scrolled" if scrolling else "")] = measure(page, session, scrolling, seconds)
    finally:
        gateway.stop()
    return out


if __name__ == "__main__":
    for view, numbers in run().items():
        print(f"{view:22} {numbers}")
        sys.stdout.flush()
