"""The page in a real browser: what people do with it, and what happens to them."""

import base64
import io
import re

import pytest
from PIL import Image

from nst_tf.runs.metadata import read_metadata

pytestmark = pytest.mark.browser

HEX = re.compile(r"#[0-9a-f]{16}$")


def picture(kind="PNG", size=(64, 48), **options):
    stream = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(stream, kind, **options)
    return stream.getvalue()


def drop(tab, target, *files):
    """Drop files, pairs of a name and bytes, on an element."""
    script = """files => { const transfer = new DataTransfer();
        for (const [name, text] of files) {
            transfer.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], name));
        }
        return transfer; }"""
    transfer = tab.evaluate_handle(script, [[name, base64.b64encode(data).decode()] for name, data in files])
    tab.dispatch_event(target, "drop", {"dataTransfer": transfer})


def choose(tab, *, content=None, styles=("blue",)):
    """Choose pictures of 64 px by their inputs."""
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": content or picture()}
    tab.set_input_files("#content-input", file)
    tab.set_input_files("#style-input", [file | {"name": f"{name}.png"} for name in styles])


def long_job(tab):
    """Begin a job that takes a while, and wait until it is painted; it is small, but takes 60 steps at a time."""
    choose(tab)
    tab.select_option("#size", "512")
    tab.click("#paint-button")
    wait_for_painting(tab)


def wait_for_state(tab, text):
    tab.wait_for_function("text => document.getElementById('state').textContent.includes(text)", arg=text)


def wait_for_painting(tab):
    tab.wait_for_function(r"() => /^Painting \d+ %/.test(document.getElementById('state').textContent)")


def test_drop_watch_compare_and_download(open_page, tmp_path):
    tab = open_page()
    drop(tab, "#content-drop", ("my photo.png", picture()))
    drop(tab, "body", ("red.png", picture()), ("blue.png", picture()))
    assert tab.inner_text("#content-name") == "my photo.png" and tab.locator("#styles li").count() == 2
    tab.get_by_role("button", name="Remove red.png").click()
    tab.check("[name=preset][value=fast]")
    tab.click("#paint-button")
    wait_for_state(tab, "Finished")
    assert "64 \u00d7 48 px" in tab.inner_text("#state") and not tab.is_visible("#retry")
    tab.wait_for_selector("#after[src$=result]")
    assert tab.inner_text("#curve-text").startswith("Loss ")
    tab.focus("#cut")
    for _ in range(4):
        tab.keyboard.press("PageUp")
    assert tab.evaluate("getComputedStyle(document.getElementById('before')).clipPath") == "inset(0px 60% 0px 0px)"
    tab.get_by_role("button", name="200 %").click()
    assert tab.locator("#compare").bounding_box()["width"] == 128
    tab.click("summary")
    command = "nst-tf stylize 'my photo.png' blue.png --preset fast"
    assert tab.text_content("#command") == command
    with tab.expect_download() as download:
        tab.click("#download")
    download.value.save_as(tmp_path / "painting.png")
    assert download.value.suggested_filename == "my photo-blue.png"
    assert read_metadata(tmp_path / "painting.png").provenance.config.optimizer == "lbfgs"


def test_a_job_survives_a_reload_is_seen_in_another_tab_and_canceled_there(open_page):
    one = open_page()
    long_job(one)
    assert HEX.search(one.url)
    one.reload()
    wait_for_painting(one)
    two = open_page(one.context)
    two.locator("#history button").first.click()
    wait_for_painting(two)
    two.click("#cancel")
    for tab in (one, two):
        wait_for_state(tab, "Canceled")
        assert tab.is_visible("#download")
    two.click("#remove")
    assert two.inner_text("#remove") == "Really delete?" and two.is_visible("#download")
    two.click("#remove")
    two.wait_for_selector("#empty", state="visible")
    one.reload()
    one.wait_for_function("() => !location.hash")
    assert one.is_visible("#empty")


def test_a_server_that_is_killed_and_comes_back_goes_on(open_page, server):
    tab = open_page()
    long_job(tab)
    server.kill()
    tab.wait_for_selector("#offline", state="visible")
    server.start()
    tab.wait_for_selector("#offline", state="hidden")
    wait_for_painting(tab)
    tab.click("#cancel")
    wait_for_state(tab, "Canceled")


def test_wrong_files_are_explained(open_page):
    tab = open_page()
    tab.click("#paint-button")
    assert tab.inner_text("#problem") == "Choose a photograph first."
    drop(tab, "#content-drop", ("notes.txt", b"no picture"))
    assert tab.inner_text("#content-drop .note") == "notes.txt is not a picture. Choose a JPEG, PNG, HEIC or TIFF."
    drop(tab, "#style-drop", ("README.md", b"no picture"), ("red.png", picture()))
    assert "README.md is not a picture." in tab.inner_text("#style-drop .note")
    assert tab.locator("#styles li").count() == 1 and tab.inner_text("#content-name") == ""
    drop(tab, "#content-drop", ("notes.png", b"no picture"))
    tab.wait_for_selector("#content-drop .note:has-text('notes.png can\\'t be shown here')")
    tab.click("#paint-button")
    tab.wait_for_selector("#problem:has-text('notes.png is not a picture of a known format')")
    drop(tab, "#content-drop", ("broken.png", picture()[:200]))
    tab.click("#paint-button")
    wait_for_state(tab, "Failed broken.png can't be read as a picture")
    watched = tab.expect_request("**/events")  # of the job that waits again
    with tab.expect_response("**/retry") as retried, watched:
        tab.get_by_role("button", name="Try again").click()
    assert retried.value.status == 202
    wait_for_state(tab, "Failed broken.png can't be read as a picture")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 800)])
def test_the_bar_shows_messages_and_covers_no_focused_control(open_page, width, height):
    tab = open_page(viewport={"width": width, "height": height})
    tab.click("#preview-button")
    tab.wait_for_selector("#problem[role=alert]:has-text('Choose a photograph first.')")
    message, button = (tab.locator(each).bounding_box() for each in ("#problem", "#preview-button"))
    assert message["y"] >= 0 and message["y"] + message["height"] < button["y"] < height - 40
    tab.evaluate("scrollTo(0, 0)")
    for control in ("[name=preset]:checked", "#content-weight", "#style-scale", "#color", "#size"):
        tab.focus(control)
        bar = tab.locator("#actions").bounding_box()["y"]
        box = tab.locator(control).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] + 5 <= bar, control


def test_a_tiff_is_painted_although_the_browser_cannot_show_it(open_page):
    tab = open_page()
    tiff = {"name": "scan.tiff", "mimeType": "image/tiff", "buffer": picture("TIFF")}
    tab.set_input_files("#content-input", tiff)
    tab.set_input_files("#style-input", tiff)
    for box in ("#content-drop", "#styles"):
        text = f"{box} .note:has-text('scan.tiff can\\'t be shown here; HEIC and TIFF can still be painted.')"
        tab.wait_for_selector(text)
    tab.click("#preview-button")
    wait_for_state(tab, "Finished")


def test_settings_tell_jobs_apart_and_are_used_again(open_page):
    tab = open_page()
    choose(tab)
    tab.check("[name=preset][value=fast]")
    tab.focus("#content-weight")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    weight = tab.inner_text("#content-weight-text")
    tab.select_option("#color", "luminance")
    tab.click("#paint-button")
    wait_for_state(tab, "Finished")
    text = f"64 px \u00b7 fast \u00b7 content {weight} \u00b7 colors of the photograph"
    tab.wait_for_selector(f"#history li:first-child :text-is('{text}')")
    assert tab.inner_text("#pictures") == f"photo.png in the style of blue.png \u00b7 {text}"
    tab.reload()
    assert tab.inner_text("#content-weight-text") != weight
    tab.click("#again")
    assert tab.inner_text("#content-weight-text") == weight
    assert tab.is_checked("[name=preset][value=fast]") and tab.input_value("#color") == "luminance"


def test_a_question_before_deleting_is_taken_back(open_page):
    tab = open_page()
    tab.clock.install()
    choose(tab)
    tab.check("[name=preset][value=fast]")
    tab.click("#paint-button")
    wait_for_state(tab, "Finished")
    tab.dblclick("#remove")
    assert tab.inner_text("#remove") == "Really delete?"
    tab.clock.run_for(5000)
    assert tab.inner_text("#remove") == "Delete" and tab.is_visible("#download")


def test_a_large_photograph_of_a_phone_turns_upright_on_a_narrow_screen(open_page):
    turned = Image.Exif()
    turned[0x0112] = 6
    tab = open_page(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    choose(tab, content=picture("JPEG", (6400, 4800), exif=turned))
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.get_by_role("button", name="Preview", exact=True).click()
    wait_for_painting(tab)
    tab.wait_for_selector("#before[src]")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    for shown in ("#compare", "#before"):
        box = tab.locator(shown).bounding_box()
        assert box["height"] / box["width"] == pytest.approx(4 / 3, rel=0.05)
    assert tab.evaluate("(photo => photo.naturalHeight / photo.naturalWidth)(document.getElementById('before'))") > 1.3
    tab.click("#cancel")
    wait_for_state(tab, "Canceled")


def test_everything_works_from_the_keyboard_and_has_a_name(open_page):
    tab = open_page()
    tab.focus("[data-picture='lake.jpg']")
    tab.keyboard.press("Enter")
    tab.focus("[data-picture='dots.jpg']")
    tab.keyboard.press("Space")
    tab.wait_for_selector("#styles img")
    tab.focus("[name=preset]:checked")
    tab.keyboard.press("ArrowLeft")
    assert tab.is_checked("[name=preset][value=fast]")
    tab.focus("#content-weight")
    tab.keyboard.press("End")
    assert tab.inner_text("#content-weight-text") == "0.64"
    tab.focus("#preview-button")
    tab.keyboard.press("Enter")
    wait_for_painting(tab)
    tab.focus("#cancel")
    tab.keyboard.press("Enter")
    wait_for_state(tab, "Canceled")
    nameless = """[...document.querySelectorAll('button, a, input, select, [role=img], [tabindex="0"]')]
        .filter(each => each.checkVisibility() && !(each.ariaLabel || each.textContent.trim() || each.labels?.length
            || each.querySelector('img[alt]:not([alt=""])'))).map(each => each.outerHTML)"""
    assert tab.evaluate(nameless) == []
