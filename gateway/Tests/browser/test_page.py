"""The page on a gateway whose answers the test can choose: connection, refusals, names that mean harm, size, access."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from fake_gateway import HOSTILE, PAGE
from frames import measure

BROKEN = ("Failed to load resource", "net::ERR")


def live(page):
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def views(gateway):
    """An address of every view, with what shows that it is there."""
    pages = gateway.model.pages
    chain = next(name for name, page in pages.items() if page["kind"] == "chain-summary" and page["state"] == "active")
    failed = next(name for name, page in pages.items() if page.get("failures") and page["state"] == "failed" and "exit1" in page["failures"])
    pilot = next(name for name, one in gateway.model.pilots.items() if "img" in one["pilot"].get("reason", ""))
    return {
        "/": ".work-row", "/ui/tasks": ".vrows .vrow", f"/ui/tasks/{chain}": ".step-card", f"/ui/tasks/{failed}": ".vrows .vrow",
        f"/ui/tasks/{failed}?tab=failures": ".reason", f"/ui/tasks/{failed}?tab=outputs": ".vrows .vrow", f"/ui/tasks/{failed}?tab=explain": ".words", f"/ui/tasks/{failed}?tab=request": ".json",
        f"/ui/tasks/{failed}/jobs/0?log=err": ".try", "/ui/pilots": ".vrows .vrow", f"/ui/pilots/{pilot}": ".details", "/ui/datasets": ".vrows .vrow", f"/ui/datasets/{chain}.raw": ".vrows .vrow",
        "/ui/files?path=/d/reco/f3.root": ".kin-card", "/ui/submit": "#f-name", "/ui/submit?kind=chain": "#f-steps-0-name",
    }


# Access.

@pytest.mark.parametrize("scheme,width", [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_on_any_view(middle, opened, scheme, width):
    found = {}
    page = opened(middle.url, "/", color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce")
    every = scheme == "light" and width > 1000
    for path, shows in views(middle).items():
        # Colours and the phone's layout are the same for views that are made of the same parts.
        if not every and path != "/" and not any(words in path for words in ("tab=failures", "log=err", "kind=chain", "/pilots/")):
            continue
        page.goto(middle.url + path)
        expect(page.locator(shows).first).to_be_visible()
        result = Axe().run(page, options={"resultTypes": ["violations"]})
        for one in result.response["violations"]:
            found[f"{path} {one['id']}"] = [node["html"][:160] + " " + str(node.get("failureSummary"))[:200] for node in one["nodes"][:2]]
    assert not found, json.dumps(found, indent=1)


def test_dialogs_and_search_pass_axe_too(middle, opened):
    page = opened(middle.url, "/")
    live(page)
    page.locator("#q").fill("run100")
    expect(page.locator("#found li").first).to_be_visible()
    bad = Axe().run(page).response["violations"]
    page.keyboard.press("Escape")
    page.locator("#help").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    bad += Axe().run(page).response["violations"]
    assert not bad, json.dumps([[one["id"], one["nodes"][0]["html"]] for one in bad], indent=1)


def test_no_view_is_wider_than_a_phone(middle, opened):
    page = opened(middle.url, "/", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    for path, shows in views(middle).items():
        page.goto(middle.url + path)
        expect(page.locator(shows).first).to_be_visible()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360, path
        box = page.get_by_role("navigation", name="Main").bounding_box()
        assert box["y"] + box["height"] >= 738, "the navigation is at the thumb"


def test_the_theme_follows_the_system_until_it_is_chosen(fake, opened):
    page = opened(fake.url, "/", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    page.get_by_role("button", name="Theme: auto").click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(ground) == dark
    page.reload()
    assert page.evaluate(ground) == dark, "the choice is kept"
    page.keyboard.press("t")
    assert page.evaluate(ground) == light


def test_nothing_moves_for_those_who_want_no_motion(middle, opened):
    chain = next(name for name, page in middle.model.pages.items() if page["kind"] == "chain-summary" and page["state"] == "active")
    page = opened(middle.url, f"/ui/tasks/{chain}", reduced_motion="reduce")
    expect(page.locator(".arrow[data-flow]").first).to_be_attached()
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("document.getAnimations().length > 0")


def test_letters_as_keys_can_be_switched_off(fake, opened):
    page = opened(fake.url, "/")
    live(page)
    page.locator("#help").click()
    page.get_by_label("Keys of one letter are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()
    assert page.url == fake.url + "/"


# Harm.

def test_words_of_payloads_stay_words(middle, opened):
    page = opened(middle.url, "/")
    for path, shows in views(middle).items():
        page.goto(middle.url + path)
        expect(page.locator(shows).first).to_be_visible()
        assert page.locator("main img, main script").count() == 0, path
    page.goto(middle.url + next(path for path in views(middle) if path.endswith("tab=failures")))
    expect(page.locator(".reason").first).to_contain_text(HOSTILE)


def test_the_page_loads_nothing_inline(fake, opened):
    page = opened(fake.url, "/")
    assert page.evaluate("document.querySelectorAll('script:not([src]), style').length") == 0
    assert page.locator("[onclick], [onload], [onerror]").count() == 0
    for path in PAGE.iterdir():
        assert "data:" not in path.read_text(), f"{path.name} embeds something"


# Connection.

def test_a_cut_stream_goes_on_where_it_was(fake, opened):
    page = opened(fake.url, "/", allow=BROKEN)
    live(page)
    page.evaluate("window.marker = 1")
    before = len(fake.streams)
    fake.model.accept({"kind": "task", "name": "first", "input": {"count": 2}, "command": ["true"]})
    expect(page.get_by_role("link", name="first", exact=True).first).to_be_visible()
    fake.cut()
    fake.model.accept({"kind": "task", "name": "second", "input": {"count": 2}, "command": ["true"]})
    expect(page.get_by_role("link", name="second", exact=True).first).to_be_visible()
    assert len(fake.streams) > before and int(fake.streams[-1]["last"]) > 0, "it asked for what it had missed"
    assert page.evaluate("window.marker") == 1
    live(page)


def test_the_page_says_since_when_it_is_not_connected(fake, opened):
    page = opened(fake.url, "/", allow=BROKEN)
    live(page)
    fake.down(5)
    expect(page.locator("#live-text")).to_have_text(re.compile(r"not connected since \d\d:\d\d:\d\d"))
    expect(page.locator("#banner")).to_contain_text("Not connected since")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=30000)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_stream_that_is_too_old_loads_everything_anew(fake, opened):
    page = opened(fake.url, "/", allow=BROKEN)
    live(page)
    fake.down(2)
    with fake.model.lock:
        fake.model.accept({"kind": "task", "name": "unseen", "input": {"count": 400}, "command": ["true"]})
        for _ in range(4100):
            fake.model.tell("summary", {})
    expect(page.get_by_role("link", name="unseen", exact=True).first).to_be_visible(timeout=30000)


def test_the_token_is_asked_for_until_it_is_right(fake, opened):
    fake.token = "right"
    page = opened(fake.url, "/ui/tasks", allow=BROKEN)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Token").fill("wrong")
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog.get_by_label("Token")).to_have_value("")
    dialog.get_by_label("Token").fill("right")
    dialog.get_by_role("button", name="Use it").click()
    expect(page.locator(".list-note")).to_contain_text("0 tasks")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=30000)
    assert page.evaluate("sessionStorage.getItem('spool-token')") == "right"
    assert page.evaluate("Object.values(localStorage).join()").count("right") == 0
    page.reload()
    live(page)
    expect(dialog).to_have_count(0)


def test_an_order_that_is_refused_is_told_in_the_gateways_words(fake, opened):
    fake.model.accept({"kind": "task", "name": "others", "input": {"count": 4000}, "command": ["true"]})
    fake.refuse.append(("POST .*/hold", (403, "orders about others are accepted from uid 1001")))
    page = opened(fake.url, "/ui/tasks/others", allow=BROKEN)
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_role("alert")).to_contain_text("orders about others are accepted from uid 1001")


def test_a_silent_watcher_is_told_on_every_view(fake, opened):
    page = opened(fake.url, "/ui/pilots")
    live(page)
    fake.model.summary = lambda: {"watcher": {"state": "silent", "heartbeatAge": 90000}}
    expect(page.locator("#banner")).to_contain_text("The watcher has been silent")


# The form.

def test_the_form_checks_while_one_types(fake, opened):
    page = opened(fake.url, "/ui/submit?kind=task")
    page.locator("#f-name").fill("no spaces")
    field = page.locator('[data-path="name"] > .field-problem')
    expect(field).to_contain_text("1 to 80 of")
    expect(page.locator("#f-name")).to_have_attribute("aria-invalid", "true")
    page.locator("#f-name").fill("fine")
    expect(field).to_have_text("")
    page.locator("#f-resources-memory").fill("2 XB")
    expect(page.locator("#f-resources-memory")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".problems")).to_contain_text("resources.memory")
    expect(page.locator(".gutter .hard")).to_have_count(1)
    page.locator("#f-resources-memory").fill("2GB")
    expect(page.locator(".check-line")).to_have_text("Ready to submit")
    page.locator("#f-command").fill("""reco "two words" 'it''s' {input}""")
    assert json.loads(page.locator("#json").input_value())["command"] == ["reco", "two words", "its", "{input}"]


def test_the_text_is_checked_line_by_line(fake, opened):
    page = opened(fake.url, "/ui/submit")
    area = page.locator("#json")
    area.fill('{\n  "kind": "task",\n  "name": "a",\n  "comand": ["x"],\n  "input": "b"\n}')
    expect(page.locator(".problems")).to_contain_text('unknown key; did you mean "command"?')
    expect(page.locator(".problems")).to_contain_text("line 4")
    area.fill('{\n  "kind": "task",\n  "name": "a"\n  "input": "b"\n}')
    expect(page.locator(".problems")).to_contain_text("line 4")
    expect(page.locator(".problems")).to_contain_text("a comma or a closing brace is expected")
    area.fill('{"kind": "task", "name": "a", "name": "b"}')
    expect(page.locator(".problems")).to_contain_text('the key "name" is there twice')
    expect(page.locator(".submit-foot .primary")).to_have_attribute("aria-disabled", "true")


def test_what_the_gateway_refuses_is_shown_at_its_place(fake, opened):
    page = opened(fake.url, "/ui/submit?kind=task", allow=BROKEN)
    page.locator("#add-outputs").click()
    expect(page.locator("#f-outputs-0-path")).to_be_focused()
    page.locator("#f-outputs-0-path").fill("/forbidden/{index}")
    page.locator(".submit-foot .primary").click()
    place = page.locator("#f-outputs-0-path-problem")
    expect(place).to_contain_text("outside the data roots")
    expect(page.locator("#f-outputs-0-path")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-outputs-0-path")).to_be_focused()
    line = next(at for at, words in enumerate(page.locator("#json").input_value().split("\n"), 1) if "/forbidden" in words)
    expect(page.locator(".gutter .hard")).to_have_text(str(line))
    page.locator("#f-outputs-0-path").fill("fine/{index}")
    expect(place).to_have_text("")


def test_a_dropped_file_is_read_checked_and_sent(fake, opened):
    page = opened(fake.url, "/ui/tasks")
    live(page)
    words = json.dumps({"kind": "chain", "name": "dropped", "input": {"count": 2}, "steps": [{"name": "one", "command": ["true"], "x-own": 1}]})
    page.evaluate("""(words) => {
      const data = new DataTransfer();
      data.items.add(new File([words], "run.json", { type: "application/json" }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }""", words)
    page.wait_for_url("**/ui/submit")
    expect(page.locator("#json")).to_have_value(words)
    expect(page.locator("#f-steps-0-name")).to_have_value("one")
    page.locator(".submit-foot .primary").click()
    page.wait_for_url("**/ui/tasks/dropped")
    assert fake.model.pages["dropped"]["request"]["steps"][0]["x-own"] == 1, "the text was sent as it was"


def test_every_key_of_the_schema_has_a_field(fake, opened):
    from fake_gateway import components
    page = opened(fake.url, "/ui/submit?kind=task")
    expect(page.locator("#f-name")).to_be_visible()
    for key in components()["task"]["properties"]:
        if key not in ("kind", "format", "meta"):
            assert page.locator(f'[data-path="{key}"]').count() == 1, key


# Size.

def test_ten_thousand_tasks_are_a_few_rows(big, opened):
    page = opened(big.url, "/ui/tasks?kind=steps")
    expect(page.locator(".list-note")).to_contain_text("10,000 tasks of 10,000", timeout=240000)
    assert page.locator(".vrows .vrow").count() < 80
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    last = sorted(big.model.pages.values(), key=lambda one: -one["accepted"])[-1]
    expect(page.locator(".vrows a.name:focus")).to_have_text(last.get("task") or last["chain"])
    assert page.locator(".vrows .vrow").count() < 80


def test_a_frame_of_ten_thousand_tasks_is_short(big, opened):
    page = opened(big.url, "/ui/tasks", viewport={"width": 1440, "height": 900})
    expect(page.locator(".list-note")).to_contain_text("of 10,000", timeout=240000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for scrolling in (False, True):
        numbers = measure(page, session, scrolling, seconds=3)
        spent = sum(numbers["ms of a frame (all, script, layout, style)"][1:])
        assert spent < 8, numbers


def test_search_finds_tasks_jobs_pilots_and_files(big, opened):
    page = opened(big.url, "/")
    page.wait_for_function("import('/assets/store.js').then((m) => m.store.loaded.tasks && m.store.loaded.pilots)", timeout=240000)
    task = next(name for name, one in big.model.pages.items() if one.get("task") and one["jobs"]["total"] > 5)
    pilot = next(iter(big.model.pilots))
    for words, address in ((task, f"/ui/tasks/{task}"), (f"{task}.00000003", f"/ui/tasks/{task}/jobs/3"), (pilot, f"/ui/pilots/{pilot}"), ("/d/reco/f3.root", "/ui/files?path=%2Fd%2Freco%2Ff3.root")):
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type(words)
        expect(page.locator("#found li").first).to_contain_text(words)
        page.keyboard.press("Enter")
        page.wait_for_url(big.url + address)
        page.locator("#main").focus()


def test_jobs_come_a_page_at_a_time(big, opened):
    task = next(name for name, one in big.model.pages.items() if one.get("task") and one["jobs"]["total"] > 2000)
    page = opened(big.url, f"/ui/tasks/{task}")
    expect(page.locator(".list-note")).to_contain_text("200 jobs so far")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator(".list-note")).to_contain_text("400 jobs so far")
    assert page.locator(".vrows .vrow").count() < 80


def test_going_back_comes_to_the_same_place(big, opened):
    page = opened(big.url, "/ui/tasks")
    expect(page.locator(".list-note")).to_contain_text("of 10,000", timeout=240000)
    rows = page.locator(".vrows .vrow:visible a.name")
    top = rows.first.text_content()
    page.evaluate("scrollTo(0, 20000)")
    # The rows of that place are drawn a frame later.
    expect(rows.first).not_to_have_text(top)
    name = rows.nth(12).text_content()
    page.locator(f'.vrows a.name:text-is("{name}")').click()
    expect(page.locator("h1.name")).to_have_text(name)
    page.go_back()
    expect(page.locator(".vrows a.name", has_text=name).first).to_be_visible()
    assert abs(page.evaluate("scrollY") - 20000) < 600


def test_a_running_jobs_log_is_followed(fake, opened):
    model = fake.model
    with model.lock:
        model.accept({"kind": "task", "name": "follow", "input": {"count": 1}, "command": ["true"]})
        model.jobs["follow"][0].update(state="running", pilot=next(iter(model.pilots)), started=1)
        model.work = lambda: None
    page = opened(fake.url, "/ui/tasks/follow/jobs/0")
    log = page.get_by_role("log")
    expect(log).to_contain_text("event    402")
    expect(page.locator(".log-box .muted").first).to_contain_text("following")
    assert page.evaluate("(() => { const log = document.querySelector('.log'); return log.scrollTop + log.clientHeight >= log.scrollHeight - 30; })()")


def test_a_pilot_is_drained_and_released(fake, opened):
    name = next(iter(fake.model.pilots))
    page = opened(fake.url, f"/ui/pilots/{name}")
    page.get_by_role("button", name="Drain").click()
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "drain")
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "running")


def test_a_pilot_without_a_record_is_shown_by_its_name(fake, opened):
    fake.model.pilots["new-00112233"] = {"pilot": {"pilot": "new-00112233"}, "heartbeatAge": 0, "state": "running", "jobs": []}
    fake.model.turn = lambda changes: None
    page = opened(fake.url, "/ui/pilots", allow=BROKEN)
    expect(page.locator(".vrows .vrow", has_text="new-00112233")).to_be_visible()


def test_a_job_that_comes_twice_is_listed_once(fake, opened):
    """The ledger has a line for the failure and one for the later success: the later counts. A page may be empty."""
    fake.model.accept({"kind": "task", "name": "twice", "input": {"count": 3}, "command": ["true"]})
    answers = {None: ([{"index": 1, "state": "failed", "attempts": 1}], "a"), "a": ([], "b"), "b": ([{"index": 2, "state": "done", "attempts": 1}, {"index": 1, "state": "done", "attempts": 2}], None)}
    page = opened(fake.url, "/")
    page.route("**/tasks/twice/jobs?**", lambda route: route.fulfill(json=dict(zip(("items", "next"), answers[dict(part.split("=") for part in route.request.url.split("?")[1].split("&")).get("cursor")]))))
    page.goto(fake.url + "/ui/tasks/twice")
    expect(page.locator(".list-note")).to_have_text("2 jobs")
    expect(page.locator(".jobs .vrows .vrow:visible")).to_have_count(2)
    expect(page.locator(".jobs .vrows .vrow:visible").first.locator(".badge")).to_have_attribute("data-state", "done")
