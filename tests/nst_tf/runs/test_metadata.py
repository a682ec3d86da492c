import dataclasses
import io
import json
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import raw_pictures
from PIL import Image, PngImagePlugin

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf.images.xmp import NAMESPACE, make_packet, text_of
from nst_tf.runs.metadata import Metadata, Outcome, read_metadata
from nst_tf.runs.provenance import Provenance

FORMATS = ["png", "jpg", "webp", "tif", "avif"]
PLACES = {
    "png": b"iTXtXML:com.adobe.xmp",
    "jpg": b"http://ns.adobe.com/xap/1.0/",
    "webp": b"XMP ",
    "tif": b"xpacket",
    "avif": b"xpacket",
}


@pytest.fixture
def notes() -> Metadata:
    config = StyleConfig(style_layers={"conv1_1": 0.25}, weights="/nets/a&b <\u00e4>.h5", precision="float32", steps=9)
    provenance = Provenance(config=config, content="a" * 64, style="b" * 64, start=None, weights="c" * 64)
    ending = Outcome(steps=7, planned=9, width=48, height=40, loss=0.1 + 0.2, terms={"style": 1e-7})
    return Metadata(provenance=provenance, ending=ending)


def save(path, xmp):
    nst_tf.save_image(path, np.full((1, 20, 24, 3), 0.5, np.float32), xmp=xmp)
    return path


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_back_the_same_notes(notes, ending, tmp_path):
    path = save(tmp_path / f"out.{ending}", notes.xmp())
    assert read_metadata(path) == notes
    assert path.read_bytes().count(PLACES[ending]) >= 1
    assert nst_tf.load_image(path).shape == (1, 20, 24, 3)


@pytest.mark.parametrize("ending", FORMATS)
def test_notes_survive_another_program(notes, ending, tmp_path):
    path = save(tmp_path / f"out.{ending}", notes.xmp())
    with Image.open(path) as file:
        smaller, packet = file.resize((10, 8)), file.info["xmp"]
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=True)
    extra = {"png": {"pnginfo": texts}, "tif": {"tiffinfo": {700: packet}}}.get(ending, {"xmp": packet})
    smaller.save(tmp_path / f"other.{ending}", **extra)
    assert read_metadata(tmp_path / f"other.{ending}") == notes


def test_notes_behind_the_pixels_of_a_png_are_found(notes, tmp_path):
    data = save(tmp_path / "out.png", notes.xmp()).read_bytes()
    start = data.index(b"iTXt") - 4
    length = 12 + int.from_bytes(data[start : start + 4], "big")
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    (tmp_path / "moved.png").write_bytes(rest[:-12] + chunk + rest[-12:])
    assert read_metadata(tmp_path / "moved.png") == notes


def test_notes_of_a_png_are_found_beside_large_and_damaged_texts(notes, tmp_path):
    plain = save(tmp_path / "out.png", notes.xmp()).read_bytes()
    texts = [(b"zTXt", b"history\0\0" + zlib.compress(bytes(3 * 2**20))), (b"iTXt", b"broken\0\1\0\0\0garbage")]
    (tmp_path / "out.png").write_bytes(plain[:33] + b"".join(raw_pictures.chunk(*each) for each in texts) + plain[33:])
    assert read_metadata(tmp_path / "out.png") == notes


def test_packet_is_xmp_that_others_can_read(notes):
    root = ElementTree.fromstring(notes.xmp())
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    (tool,) = root.iter("{http://ns.adobe.com/xap/1.0/}CreatorTool")
    (text,) = root.iter(f"{{{NAMESPACE}}}notes")
    assert tool.text == f"nst-tf {nst_tf.__version__}"
    assert Metadata.from_json(text.text) == notes


def test_property_as_attribute_and_another_prefix_is_found():
    packet = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:ns1="{NAMESPACE}" ns1:notes="&lt;{{&quot;&#xe4;&quot;}}"/></rdf:RDF></x:xmpmeta>"""
    assert text_of(packet.encode() + b"\0\0") == '<{"\u00e4"}'


def test_foreign_packet_has_no_text():
    assert text_of(b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><notes>mine</notes></x:xmpmeta>') is None


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>"""


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        (b"", "no element found"),
        (b"<x:xmpmeta", "unclosed token"),
        (b"\xff\xfe\x00", "XML|token|element"),
        (b"<x>&b;</x>", "undefined entity"),
        (BOMB, "declares a document type"),
        (b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>", "declares a document type"),
        (b'<?xml version="1.0" encoding="klingon"?><x/>', "encoding"),
        (b"<x>" + b" " * 2**20 + b"</x>", "more than 1048576"),
    ],
)
def test_damaged_packets_are_refused_in_one_line(packet, message):
    with pytest.raises(ValueError, match=message) as error:
        text_of(packet)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {"ending": 3},
        {"ending": {"steps": 1}},
        {"ending": {"steps": 1, "planned": 1, "width": 1, "height": 1, "loss": "0", "terms": {}}},
        {"ending": {"steps": 1, "planned": 1, "width": 1, "height": 1, "loss": 0.0, "terms": 3}},
        {"provenance": None},
        {"provenance": {"config": []}},
    ],
)
def test_notes_that_are_none_are_refused_in_one_line(change, notes):
    text = json.dumps(json.loads(notes.as_json()) | change)
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Metadata.from_json(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", 5),
        ("style", "b" * 63),
        ("start", "\x1b[2J"),
        ("versions", {}),
        ("versions", {"nst-tf": 1}),
        ("config", {"content_layers": {"conv1_1": 10**400}}),
        ("config", {"no_such_setting": 1}),
        ("more", 1),
    ],
)
def test_provenance_that_is_none_is_refused_in_one_line(field, value, notes):
    values = json.loads(notes.as_json())["provenance"] | {field: value}
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Provenance.from_values(values)


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", "[" * 100_000])
def test_text_that_is_no_notes_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match=r"^Not valid nst-tf metadata[^\n]+$"):
        Metadata.from_json(text)


@pytest.mark.parametrize(
    ("xmp", "message"),
    [
        (None, "has no nst-tf metadata"),
        (b"<x/>", "has no nst-tf metadata"),
        (b"<x>", "metadata .XMP. of .*out.jpg can't be read"),
        (BOMB, "declares a document type"),
        (make_packet("{}", tool="", description=""), "The metadata of .*out.jpg can't be used"),
    ],
)
def test_pictures_without_usable_notes_are_named(xmp, message, tmp_path):
    path = save(tmp_path / "out.jpg", xmp)
    with pytest.raises(ValueError, match=message):
        read_metadata(path)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "text.png").write_text("I am no picture")
    Image.new("RGB", (9, 9)).save(tmp_path / "old.gif")
    (tmp_path / "short.png").write_bytes(save(tmp_path / "out.png", None).read_bytes()[:60])
    with pytest.raises(FileNotFoundError, match="There is no picture"):
        read_metadata(tmp_path / "nothing.png")
    for name, message in [("text.png", "with metadata"), ("old.gif", "with metadata"), ("", "not a file")]:
        with pytest.raises(ValueError, match=message):
            read_metadata(tmp_path / name)
    with pytest.raises(ValueError, match="can't be read as a picture"):
        read_metadata(tmp_path / "short.png")


def test_notes_stay_far_below_the_limit_of_a_jpeg(notes):
    layers = {f"conv{block}_{number}": 1 / 3 for block in range(1, 6) for number in range(1, 3 if block < 3 else 5)}
    path = "/" + "\udcff" * 4095  # the longest that Linux takes, of bytes that are no text
    config = StyleConfig(content_layers=layers, style_layers=layers, weights=path, start=path)
    packet = dataclasses.replace(notes, provenance=dataclasses.replace(notes.provenance, config=config)).xmp()
    assert len(packet) < 60_000
    Image.new("RGB", (9, 9)).save(io.BytesIO(), "JPEG", xmp=packet)


def test_packet_too_long_for_a_jpeg_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="too long"):
        save(tmp_path / "out.jpg", bytes(65_505))
    assert list(tmp_path.iterdir()) == []


def test_notes_without_an_ending_are_notes(notes, tmp_path):
    bare = dataclasses.replace(notes, ending=None)
    assert read_metadata(save(tmp_path / "out.webp", bare.xmp())) == bare
