"""What people do with the page, from the form to the retried job; on the fake gateway and on the real one."""

import json
import re

from playwright.sync_api import expect

LONG = 60000


def live(page):
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def fill_chain(page, site, name):
    page.get_by_role("group", name="Kind").get_by_role("button", name="Chain").click()
    page.locator("#f-name").fill(name)
    page.locator("#f-input-kind").select_option("count")
    page.locator("#f-input").fill("4")
    page.locator("#f-steps-0-command").fill("sh -c 'echo made {index} > {output}'")
    page.locator("#f-steps-0-outputs-0-path").fill(f"{site.data}/{name}.{{index}}.dec")
    page.locator("#f-steps-1-command").fill("""sh -c 'cat "$@" > "$0"' {output} {inputs}""")
    page.locator("#f-steps-1-outputs-0-path").fill(f"{site.data}/{name}.root")


def test_a_chain_is_submitted_by_the_form_and_goes_to_done(site, opened):
    page = opened(site.url, "/ui/submit")
    fill_chain(page, site, "story")
    made = json.loads(page.locator("#json").input_value())
    assert made["steps"][1]["command"] == ["sh", "-c", 'cat "$@" > "$0"', "{output}", "{inputs}"]
    assert made["input"] == {"count": 4} and made["steps"][1]["filesPerJob"] == "all"
    expect(page.locator(".check-line")).to_have_text("Ready to submit")
    page.get_by_role("button", name="Submit", exact=True).last.click()
    page.wait_for_url("**/ui/tasks/story", timeout=LONG)
    page.evaluate("window.unreloaded = true")
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "done", timeout=LONG)
    expect(page.locator(".step-card")).to_have_count(2)
    expect(page.locator(".step-card").first.locator(".step-words")).to_contain_text("4 / 4")
    expect(page.get_by_role("row", name=re.compile("^merge"))).to_contain_text("1 / 1")
    assert page.evaluate("window.unreloaded"), "the page went to done by itself, without a reload"
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_role("region", name="Ended last").get_by_role("link", name="story")).to_be_visible()


def submit_failing(page, site):
    request = {"kind": "task", "name": "beam", "input": {"count": 5},
               "command": ["sh", "-c", f"echo looking for job {{index}}; if [ {{index}} = 1 ] && [ ! -e {site.data}/mended ]; then echo no beam, fail >&2; exit 3; fi"],
               "retry": {"attempts": 2, "backoff": "100ms"}}
    page.locator("#json").fill(json.dumps(request, indent=2))
    expect(page.locator("#f-name")).to_have_value("beam")
    page.get_by_role("button", name="Submit", exact=True).last.click()
    page.wait_for_url("**/ui/tasks/beam", timeout=LONG)
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "failed", timeout=LONG)


def test_a_failed_jobs_log_is_opened_and_the_job_is_tried_again(site, opened):
    page = opened(site.url, "/ui/submit")
    live(page)
    submit_failing(page, site)
    page.get_by_role("tab", name=re.compile("^Failures")).click()
    expect(page.locator(".failure h2")).to_contain_text("exit3")
    expect(page.locator(".reason")).to_contain_text("no beam")
    page.get_by_role("link", name=re.compile("log of job")).first.click()
    page.wait_for_url("**/ui/tasks/beam/jobs/1**")
    expect(page.get_by_role("log")).to_contain_text("no beam")
    expect(page.locator(".try")).to_have_count(2)
    page.get_by_role("button", name="Output").click()
    expect(page.get_by_role("log")).to_contain_text("beam.00000001" if "fake" in type(site).__name__.lower() else "looking for job 1")
    site.mend()
    page.get_by_role("button", name="Retry this job").click()
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "done", timeout=LONG)
    expect(page.locator(".try")).to_have_count(3)
    page.get_by_role("navigation", name="Path").get_by_role("link", name="beam", exact=True).click()
    expect(page.locator(".view-head .badge")).to_have_attribute("data-state", "done", timeout=LONG)


def test_jobs_and_tasks_are_filtered_by_their_address(site, opened):
    page = opened(site.url, "/ui/submit")
    live(page)
    submit_failing(page, site)
    rows = page.locator(".jobs .vrows .vrow:visible")
    expect(rows).to_have_count(5)
    page.get_by_role("group", name="Jobs that are").get_by_role("button", name="failed").click()
    expect(rows).not_to_have_count(5)
    assert "state=failed" in page.url
    page.reload()
    expect(rows.first).to_contain_text("exit3")
    page.get_by_role("link", name="Tasks", exact=True).first.click()
    page.locator("#filter-name").fill("bea")
    expect(page.locator(".tasks .vrows .vrow:visible")).to_have_count(1)
    page.get_by_role("group", name="State").get_by_role("button", name="done").click()
    expect(page.locator(".tasks .vrows .vrow:visible")).to_have_count(0)
    assert "name=bea" in page.url and "state=done" in page.url
    page.reload()
    expect(page.locator("#filter-name")).to_have_value("bea")
    expect(page.locator(".tasks .vrows .vrow:visible")).to_have_count(0)


def test_a_task_is_held_released_and_cancelled(site, opened):
    page = opened(site.url, "/ui/submit")
    live(page)
    request = {"kind": "task", "name": "long", "input": {"count": 400}, "command": ["sleep", "0.5"]}
    page.locator("#json").fill(json.dumps(request))
    expect(page.locator("#f-name")).to_have_value("long")
    page.get_by_role("button", name="Submit", exact=True).last.click()
    page.wait_for_url("**/ui/tasks/long", timeout=LONG)
    state = page.locator(".view-head .badge")
    expect(state).to_have_attribute("data-state", "active", timeout=LONG)
    page.get_by_role("button", name="Hold").click()
    expect(state).to_have_attribute("data-state", "held", timeout=LONG)
    page.get_by_role("button", name="Release").click()
    expect(state).to_have_attribute("data-state", "active", timeout=LONG)
    page.get_by_role("button", name="Priority…").click()
    page.get_by_role("dialog").get_by_label("Priority").fill("2")
    page.get_by_role("dialog").get_by_role("button", name="Change").click()
    expect(page.locator(".toast")).to_contain_text(["Priority changed: long"])
    page.get_by_role("button", name="Cancel…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Cancel long?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(state).to_have_attribute("data-state", "active")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the task").click()
    expect(state).to_have_attribute("data-state", "cancelled", timeout=LONG)


def tab_to(page, selector, most=250):
    """Presses Tab until what the selector names has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not come to {selector}")


def test_the_keyboard_alone_submits_opens_and_cancels(site, opened):
    page = opened(site.url, "/")
    live(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/ui/submit")
    expect(page.locator("#f-name")).to_be_visible()
    tab_to(page, "#f-name")
    page.keyboard.press("Control+a")
    page.keyboard.type("keys")
    tab_to(page, "#f-command")
    page.keyboard.press("Control+a")
    page.keyboard.type("sleep 0.5")
    tab_to(page, "#f-input-kind, .submit-foot .primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/tasks/keys", timeout=LONG)
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/ui/tasks")
    expect(page.locator(".tasks .vrows a.name", has_text="keys")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tasks .vrows a.name").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("keys")
    expect(page.locator("#found li").first).to_contain_text("keys")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/tasks/keys")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next and previous row")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".view-head .badge")).not_to_have_attribute("data-state", "waiting", timeout=LONG)
    tab_to(page, "[role=tab]")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name=re.compile("^Failures"))).to_be_focused()
    assert "tab=failures" in page.url
