"""The laboratory: networks that run in the built pages, in Chromium, over http, with no other host asked."""

import io
import json
from pathlib import Path

import pytest
from live_page import come_to
from PIL import Image

from tools import live_networks

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
FIXTURES = ROOT / "tests" / "live"
NAMES = json.loads((FIXTURES / "lab.json").read_text("utf-8"))["name_it"]
SLOW = 90_000  # ms, on a machine with other work

RUN = """async ([names, inputs]) => {
    const network = await Networks.load(names);
    const found = {};
    for (const name of names) {
        const feeds = {};
        for (const [key, { type, dims, data }] of Object.entries(inputs[name])) {
            feeds[key] = Networks.tensor((type === 'int32' ? Int32Array : Float32Array).from(data), dims);
        }
        const output = await network.run(name, feeds);
        const [key] = Object.keys(output);
        found[name] = { key, dims: output[key].dims, data: [...output[key].data] };
    }
    network.release();
    return found;
}"""
SEAMS = """async () => {
    const network = await Networks.load(Object.keys(MendIt.NETWORKS));
    const found = {};
    for (const [name, settings] of Object.entries(MendIt.NETWORKS)) {
        const input = MendIt.empty(75, 58);
        for (let i = 0; i < input.rgb.length; i++) input.rgb[i] = ((i * 7919) % 256) / 255;
        const whole = async ({ rgb, width, height }) => {
            const feeds = { [settings.input]: Networks.tensor(rgb, [1, 3, height, width]) };
            return (await network.run(name, feeds))[settings.output].data;
        };
        const { scale } = settings;
        const expected = await whole(input);
        const made = MendIt.empty(scale * 75, scale * 58);
        for (const tile of MendIt.tilesOf(75, 58, { ...settings, core: 40 })) {
            MendIt.paste(made, await whole(MendIt.cut(input, tile)), tile, scale);
        }
        found[name] = made.rgb.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i])), 0);
    }
    network.release();
    return found;
}"""


@pytest.fixture
def open_lab(watched, address):
    """Opens a page of the laboratory; whatever asks another host fails the test."""
    asked = []
    with watched() as open_url:

        def open_page(name: str, hash: str = "", **options):
            page = open_url(f"{address}book/lab/{name}.html{hash}", **options)
            page.on("request", lambda request: asked.append(request.url))
            if options.get("java_script_enabled", True):
                come_to(page, name)
            return page

        yield open_page
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []


def says(page, selector: str, text: str) -> str:
    """Waits until an element says something, and gives all that it says."""
    arguments = [selector, text]
    page.wait_for_function(
        "([s, t]) => document.querySelector(s)?.textContent.replaceAll('\\u00a0', ' ').includes(t)",
        arg=arguments,
        timeout=SLOW,
    )
    return page.locator(selector).first.text_content().replace("\u00a0", " ")


def file(content: bytes, name: str = "mine.png") -> dict:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def png(width: int, height: int, mode: str = "RGB", **options) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, (width, height), (200, 30, 30, 128)[: len(mode)])
    image.save(out, options.pop("format", "PNG"), **options)
    return out.getvalue()


def test_the_networks_give_what_pytorch_gives(open_lab):
    page = open_lab("name_it")
    expected = json.loads(live_networks.FIXTURE.read_text("utf-8"))
    together = [["stylegan2_mapping", "stylegan2_synthesis"], ["resnet_emoji_category", "resnet_emoji_designer"],
                ["srresnet_x4_light", "srresnet_restore"], ["gan_emoji"], ["flow_emoji"]]  # fmt: skip
    assert sorted(sum(together, [])) == sorted(expected)
    for names in together:
        inputs = {name: live_networks.example_inputs(name) for name in names}
        for name, found in page.evaluate(RUN, [names, inputs]).items():
            known = expected[name]
            assert (found["key"], found["dims"]) == (known["output"], known["dims"])
            error = max(
                abs(found["data"][i] - v)
                for i, v in zip(known["places"], known["values"], strict=True)
            )
            assert error < 1e-3 * known["range"], name


def test_a_drawing_is_named_and_covering_it_says_why(open_lab):
    page = open_lab("name_it", f"#name_it-{NAMES['idea']}.{NAMES['hand']}")
    page.locator(".network-load").click()
    assert "right about the kind, right about the hand" in says(page, ".name-said", "It is Travel")
    shown = [int(text.split()[0]) for text in page.locator(".name-value").all_inner_texts()]
    expected = [*NAMES["category"]["chances"], *NAMES["designer"]["chances"]]
    assert shown == pytest.approx([100 * chance for chance in expected], abs=0.6)
    page.get_by_role("button", name="Why this kind?").click()
    said = says(page, ".name-why", "Uncovered, Travel & Places has 57 %")
    assert f"falls to {100 * min(NAMES['category']['covered']):.0f} %" in said
    assert page.locator(".name-heat").is_visible()

    page.locator(".live-choice button[value=cover]").click()
    page.locator(".name-canvas").focus()
    page.keyboard.press("Space")
    says(page, ".name-said", "You cover a part")
    page.keyboard.press("Escape")
    says(page, ".name-said", "It is Travel")
    page.get_by_role("button", name="Empty sheet").click()
    says(page, ".name-said", "They have to name something")
    assert not page.locator(".name-heat").is_visible()
    before = page.locator(".name-value").all_inner_texts()
    page.locator(".live-choice button[value=warm]").click()
    box = page.locator(".name-board").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 220, steps=4)
    page.mouse.up()
    page.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll('.name-value')].map(e => e.textContent)) !== before",
        arg=json.dumps(before, separators=(",", ":"), ensure_ascii=False),
    )


def test_a_photograph_is_mended_measured_and_saved(open_lab):
    page = open_lab("mend_it", viewport={"width": 360, "height": 800}, color_scheme="dark")
    page.locator(".network-load").click()
    said = says(page, ".mend-said", "Against the original")
    gain = float(said.split(": ")[-1].split()[0])
    assert said.endswith("dB better.") and 4 < gain < 6  # of the macaw; the record has 4.6
    line = page.get_by_role("slider")
    line.focus()
    page.keyboard.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "52"
    page.keyboard.press("Home")
    assert line.get_attribute("aria-valuenow") == "0"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    assert waiting.value.suggested_filename == "macaw-enlarged.png"
    saved = Image.open(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert (saved.format, saved.size) == ("PNG", (512, 396))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.locator("input[type=file]").set_input_files(file(png(96, 72)))
    says(page, ".mend-said", "96 × 72 in")
    page.get_by_role("button", name="as it is").click()
    says(page, ".mend-said", "Nobody knows the truth")


def test_tiles_have_no_seams(open_lab):
    for difference in open_lab("mend_it").evaluate(SEAMS).values():
        assert difference < 2e-5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7 no picture", "not a picture that can be read here"),
        (png(1, 4000), "1 × 4000 pixels; 8 on each side is the least"),
        (png(16, 16)[:45] + b"damaged", "cannot be decoded"),
        (png(16, 16)[:16] + 2 * (10_000).to_bytes(4, "big") + png(16, 16)[24:],
         "100 million; 50 million is the most"),
        (png(90, 60, "RGBA"), "see-through there is white"),
        (png(900, 450), "made smaller, from 900 × 450 to 768 × 384 pixels"),
        (png(60, 60, format="GIF", save_all=True,
             append_images=[Image.new("RGB", (60, 60), "blue")]), "the first picture was taken"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_gets_a_sentence(open_lab, content, said):
    page = open_lab("mend_it")
    page.locator("input[type=file]").set_input_files(file(content))
    assert said in says(page, ".picture-said", said)


def test_a_picture_is_turned_as_its_camera_noted(open_lab):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    page = open_lab("mend_it", "#mend_it-clean-asis-macaw")
    content = png(90, 60, format="JPEG", exif=exif)
    page.locator("input[type=file]").set_input_files(file(content, "mine.jpg"))
    page.wait_for_function("document.querySelector('.mend-canvas').height === 90")
    assert page.evaluate("document.querySelector('.mend-canvas').width") == 60


def test_a_download_that_breaks_is_said_and_tried_again_and_then_kept(open_lab):
    page = open_lab("mend_it")
    page.context.route("**/*light.safetensors*", lambda route: route.fulfill(body="half"))
    page.locator(".network-load").click()
    says(page, ".network-said", "The download broke off")
    page.context.unroute("**/*light.safetensors*")
    page.locator(".network-load").click()
    says(page, ".mend-said", "Against the original")
    page.reload()
    says(page, ".network-load", "on this device already")


def test_loading_can_be_cancelled(open_lab):
    page = open_lab("name_it")
    page.context.route("**/*.safetensors*", lambda route: None)  # an answer that never comes
    page.locator(".network-load").click()
    page.get_by_role("button", name="Cancel").click()
    says(page, ".network-said", "Cancelled")
    assert page.locator(".network-load").is_visible()
    page.context.unroute_all(behavior="ignoreErrors")


def test_a_page_from_a_disk_says_what_it_needs(watched):
    with watched() as open_url:
        page = open_url((SITE / "book" / "lab" / "name_it.html").as_uri())
        says(page, ".network-said", "opened from a disk")


def test_without_javascript_and_on_paper_the_still_pictures_stand_there(open_lab):
    for name in ("name_it", "mend_it"):
        page = open_lab(name, java_script_enabled=False)
        assert page.locator("figure.live img").is_visible()
    page = open_lab("name_it")
    page.emulate_media(media="print")
    assert page.locator("figure.live img").is_visible() and not page.locator(".name").is_visible()


@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_shows_it_without_scrolling_sideways(open_lab, width):
    for name in ("name_it", "mend_it"):
        page = open_lab(name, viewport={"width": width, "height": 800}, has_touch=True)
        page.locator(".live-figure").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
