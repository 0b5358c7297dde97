"""Draws the page's views into docs/images, from made data: `python screenshots.py [DIRECTORY]`.

Each image has at most 300 kB: its colours are reduced to 256.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from browsing import browser
from fake_gateway import FakeGateway

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"
MOST = 300_000


def save(page, path):
    image = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    size = path.stat().st_size
    assert size < MOST, f"{path} has {size} bytes"
    print(f"{path.name:24} {size // 1000:4} kB")


def shots(model):
    pages = model.pages
    chain = next(name for name, page in pages.items() if page["kind"] == "chain-summary" and page["state"] == "active")
    failed = next(name for name, page in pages.items() if "exit3" in page.get("failures", {}) and page["state"] == "failed")
    active = next(name for name, page in pages.items() if page.get("failures") and page["state"] == "active" and not page.get("chain"))
    wide, phone = {"viewport": {"width": 1280, "height": 800}}, {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 1.5}
    return [
        ("gateway-overview", "/", ".legend li", wide), ("gateway-chain", f"/ui/tasks/{chain}", ".step-card", {"viewport": {"width": 1280, "height": 640}}),
        ("gateway-task", f"/ui/tasks/{active}", ".jobs .vrows a", wide), ("gateway-job", f"/ui/tasks/{failed}/jobs/0?log=err", ".try", wide),
        ("gateway-pilots", "/ui/pilots", ".pilots .vrows a", wide), ("gateway-submit", "/ui/submit?kind=chain", "#f-steps-0-name", wide),
        ("gateway-phone", "/", ".legend li", phone), ("gateway-dark", "/", ".legend li", {"viewport": {"width": 1920, "height": 1000}, "color_scheme": "dark"}),
    ]


def main(directory=IMAGES):
    directory.mkdir(parents=True, exist_ok=True)
    gateway = FakeGateway(tasks=600, pilots=160)
    try:
        with browser() as chromium:
            for name, path, shows, options in shots(gateway.model):
                page = chromium.new_page(**options)
                page.goto(gateway.url + path)
                expect(page.locator("#live")).to_have_attribute("data-state", "live")
                expect(page.locator(shows).first).to_be_visible()
                page.wait_for_timeout(2500)
                save(page, directory / f"{name}.png")
                page.close()
    finally:
        gateway.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
