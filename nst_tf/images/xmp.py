"""XMP packets (ISO 16684-1): a text in a picture's metadata, with two fields that viewers show.

Packets are written in UTF-8 in all formats. Imports neither TensorFlow nor Pillow.
"""

from xml.parsers import expat
from xml.sax.saxutils import escape

NAMESPACE = "urn:nst-tf:notes:1#"
"""The XML namespace of the text's property; an identifier, never an address."""

PROPERTY = "notes"

LARGEST_PACKET = 2**20
"""Bytes of the largest packet that is parsed; `make_packet` writes a few thousand."""

_TEMPLATE = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:nst="{NAMESPACE}">
   <xmp:CreatorTool>{{tool}}</xmp:CreatorTool>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{{description}}</rdf:li></rdf:Alt></dc:description>
   <nst:{PROPERTY}>{{text}}</nst:{PROPERTY}>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def make_packet(text: str, *, tool: str, description: str) -> bytes:
    """Return a packet that carries a text; the same arguments give the same bytes.

    Args:
        text: Any characters valid in XML.
        tool: The program that made the picture.
        description: A sentence for people who read the picture's metadata.
    """
    return _TEMPLATE.format(text=escape(text), tool=escape(tool), description=escape(description)).encode()


def text_of(packet: bytes) -> str | None:
    """Return the text of a packet, also if another program has rewritten it; None if there is no text.

    Packets are not trusted: one that declares a document type, and could define entities, is refused.

    Raises:
        ValueError: If it is damaged, or not an XMP packet.
    """
    if len(packet) > LARGEST_PACKET:
        raise ValueError(f"it has {len(packet)} bytes, more than {LARGEST_PACKET}")
    reader = _Reader()
    try:
        reader.parser.Parse(packet.strip(b"\0 "), True)
    except (expat.ExpatError, LookupError) as error:  # an unknown encoding is a LookupError
        raise ValueError(str(error)) from error
    return "".join(reader.found) or None


class _Reader:
    """Collect our property, which other programs may have converted from an element into an attribute."""

    def __init__(self) -> None:
        """Create the parser."""
        self.found: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._name = f"{NAMESPACE} {PROPERTY}"
        self._inside = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = name == self._name
        self.found += [value for key, value in attributes.items() if key == self._name]

    def _end(self, _name: str) -> None:
        self._inside = False

    def _characters(self, text: str) -> None:
        if self._inside:
            self.found.append(text)


def _refuse(*_: object) -> None:
    raise ValueError("it declares a document type, which XMP does not allow")
