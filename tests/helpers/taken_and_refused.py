"""What TF Serving takes and what it refuses, as data: each row says where in the source the rule stands.

The sources are those of TF Serving and of what it is built from: RapidJSON 1.1.0, Abseil, and libevent 2.1.12. A row's
request goes to a model that answers with what it was asked (`echo.py`), served as `echo`, version 1.
"""

import base64
import dataclasses
import gzip
import json
import math

SOURCES = {
    "json_tensor.cc": "tensorflow_serving/util/json_tensor.cc",
    "http_rest_api_handler.cc": "tensorflow_serving/model_servers/http_rest_api_handler.cc",
    "http_rest_api_util.cc": "tensorflow_serving/model_servers/http_rest_api_util.cc",
    "http_server.cc": "tensorflow_serving/model_servers/http_server.cc",
    "get_model_status_impl.cc": "tensorflow_serving/model_servers/get_model_status_impl.cc",
    "server_core.cc": "tensorflow_serving/model_servers/server_core.cc",
    "evhttp_request.cc": "tensorflow_serving/util/net_http/server/internal/evhttp_request.cc",
    "evhttp_server.cc": "tensorflow_serving/util/net_http/server/internal/evhttp_server.cc",
    "gzip_zlib.cc": "tensorflow_serving/util/net_http/compression/gzip_zlib.cc",
    "reader.h": "rapidjson: include/rapidjson/reader.h",
    "document.h": "rapidjson: include/rapidjson/document.h",
    "encodedstream.h": "rapidjson: include/rapidjson/encodedstream.h",
    "escaping.cc": "abseil: absl/strings/escaping.cc",
    "http.c": "libevent: http.c",
    "tensor.cc": "tensorflow/core/framework/tensor.cc",
}
"""Short name to file."""

PREDICT = "/v1/models/echo:predict"

LARGEST_BODY = 200_000
"""Bytes that the tests' server takes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A request, and what comes of it: HTTP's status, and if that is 200 the answer's `outputs` or `predictions`."""

    name: str
    where: str
    status: int = 200
    answer: object = None
    body: bytes | None = None
    method: str = "POST"
    target: str = PREDICT
    headers: tuple[tuple[str, str | None], ...] = ()
    chunked: bool = False
    version: str = "HTTP/1.1"


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


def value(dtype, text, wanted, where):
    """A row whose input `x` is a JSON value; what is wanted is an answer, or the status of a refusal."""
    raw = text if isinstance(text, bytes) else text.encode()
    body = b'{"signature_name": "%s", "inputs": {"x": %s}}' % (dtype.encode(), raw)
    name = f"{dtype} from {raw[:40]!r}"
    if isinstance(wanted, Refused):
        return Row(name=name, where=where, status=wanted.status, body=body)
    return Row(name=name, where=where, answer=b64(wanted) if isinstance(wanted, bytes) else wanted, body=body)


@dataclasses.dataclass(frozen=True)
class Refused:
    """A refusal, in `value`."""

    status: int = 400


NO = Refused()

INF, NAN = math.inf, math.nan

_TENSOR = "json_tensor.cc: AddValueToTensor"
_LOSSY = "json_tensor.cc: IsLosslessDecimal"
_NUMBER = "reader.h: ParseNumber"
_VALUE = "reader.h: ParseValue"
_STRING = "reader.h: ParseStringToStream"
_ESCAPE = "escaping.cc: Base64UnescapeInternal"
_OBJECT = "json_tensor.cc: IsValBase64Object"
_SHAPE = "json_tensor.cc: FillTensorProto"
_INT = "document.h: IsInt, IsUint, IsInt64, IsUint64"

NUMBERS = [
    *(
        value("float32", text, wanted, _NUMBER)
        for text, wanted in (("1", 1), ("1.5", 1.5), ("1e2", 100), ("1E+2", 100))
    ),
    value("float32", "-0", 0, _NUMBER),
    value("float32", "-0.0", -0.0, _NUMBER),
    value("float32", "1e-50", 0, _NUMBER),
    value("float32", "1e-99999999999999999999", 0, _NUMBER),
    value("float32", "16777215", 16777215, _LOSSY),
    value("float32", "16777216", NO, _LOSSY),
    value("float32", "-16777216", NO, _LOSSY),
    value("float32", "16777216.0", 16777216, _LOSSY),
    value("float32", "18446744073709551615", NO, _LOSSY),
    value("float32", "18446744073709551616", 1.8446744e19, _LOSSY),
    value("float32", "-9223372036854775809", -9.223372e18, _LOSSY),
    value("float32", "-9223372036854775808", -9.223372e18, _LOSSY),
    value("float32", "3.4028234e38", 3.4028235e38, _LOSSY),
    value("float32", "3.4028236e38", NO, _LOSSY),
    value("float32", "-1e39", NO, _LOSSY),
    *(value("float32", text, wanted, _NUMBER) for text, wanted in (("NaN", NAN), ("-NaN", NAN), ("Infinity", INF))),
    *(value("float32", text, wanted, _NUMBER) for text, wanted in (("-Infinity", -INF), ("Inf", INF), ("-Inf", -INF))),
    value("float32", "9e308", INF, _NUMBER),
    value("float32", "0.01e310", NO, _LOSSY),
    value("float64", "0.01e310", 1e308, _NUMBER),
    *(value("float32", text, NO, _NUMBER) for text in ("1e309", "-1e309", "0e309", "0.0e310", "1" + 320 * "0")),
    value("float64", "1" + 320 * "0" + ".5", NO, _NUMBER),
    value("float64", "1" + 5000 * "0", NO, _NUMBER),
    value("float64", "9007199254740991", 9007199254740991, _LOSSY),
    value("float64", "9007199254740992", NO, _LOSSY),
    value("float64", "9007199254740992.0", 9007199254740992, _LOSSY),
    value("float64", "100000000000000000000", 1e20, _LOSSY),
    value("float64", "1.5", 1.5, _TENSOR),
    *(
        value("float32", text, NO, _TENSOR)
        for text in ("true", "false", "null", '"1"', '"NaN"', '{"b64": "AA=="}', "{}")
    ),
    value("int32", "2147483647", 2147483647, _INT),
    value("int32", "-2147483648", -2147483648, _INT),
    value("int32", "-0", 0, _NUMBER),
    *(value("int32", text, NO, _INT) for text in ("2147483648", "-2147483649", "1.0", "1e2", "-0.0", "NaN", "Inf")),
    *(value("int32", text, NO, _TENSOR) for text in ("true", "null", '"1"', '{"b64": "AA=="}')),
    value("int64", "9223372036854775807", 9223372036854775807, _INT),
    value("int64", "-9223372036854775808", -9223372036854775808, _INT),
    *(value("int64", text, NO, _INT) for text in ("9223372036854775808", "-9223372036854775809", "1.0")),
    value("uint32", "4294967295", 4294967295, _INT),
    value("uint32", "-0", 0, _INT),
    *(value("uint32", text, NO, _INT) for text in ("4294967296", "-1", "0.0")),
    value("uint64", "18446744073709551615", 18446744073709551615, _INT),
    *(value("uint64", text, NO, _INT) for text in ("18446744073709551616", "-1")),
    value("int8", "-128", -128, _TENSOR),
    value("uint8", "255", 255, _TENSOR),
    value("int16", "32767", 32767, _TENSOR),
    value("int16", "2147483648", NO, _TENSOR),
    value("bool", "[true, false]", [True, False], _TENSOR),
    *(value("bool", text, NO, _TENSOR) for text in ("1", "0", '"true"', "null", "0.0")),
    value("uint16", "1", Refused(501), _TENSOR),
    value("float16", "[1.0]", Refused(501), _TENSOR),
    *(
        value("float32", text, NO, _NUMBER)
        for text in ("01", "-01", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "-")
    ),
    *(
        value("float32", text, NO, _VALUE)
        for text in ("nan", "inf", "infinity", "True", "None", "undefined", "", "Nan")
    ),
    *(value("float32", text, NO, _NUMBER) for text in ("Infi", "Infinit", "NaN1", "--NaN", "1 2", "1,5", "INF", "--1")),
]

STRINGS = [
    value("string", '"text"', b"text", _TENSOR),
    value("string", '""', b"", _TENSOR),
    value("string", '"é"', "é".encode(), _STRING),
    value("string", r'"\u00e9\n\/\"\\\b"', 'é\n/"\\\b'.encode(), _STRING),
    value("string", b'"\xff\xfe\x80"', b"\xff\xfe\x80", _STRING),
    value("string", b'"\xc0\x80\xed\xb2\x80"', b"\xc0\x80\xed\xb2\x80", _STRING),
    value("string", r'"\ud83d\uDE00"', "😀".encode(), _STRING),
    value("string", r'"\udc80"', b"\xed\xb2\x80", _STRING),
    value("string", r'"\\ud83d"', rb"\ud83d", _STRING),
    value("string", r'"\u0000"', b"\0", _STRING),
    value("string", b'"\x7f"', b"\x7f", _STRING),
    value("string", '"Inf and -NaN"', b"Inf and -NaN", _STRING),
    value("string", r'"\"Inf"', b'"Inf', _STRING),
    *(value("string", text, NO, _STRING) for text in (r'"\ud83d"', r'"\uD83Dx"', r'"\ud83d\u0041"', r'"\ud83d\ud83d"')),
    *(value("string", text, NO, _STRING) for text in (r'"\x41"', r'"\u12g4"', r'"\u 123"', r'"\"', '"a\nb"', '"a\tb"')),
    value("string", b'"a\0b"', NO, _STRING),
    value("string", "'text'", NO, _VALUE),
    *(value("string", text, NO, _TENSOR) for text in ("1", "true", "null", "NaN")),
]


def base64_row(text, wanted, where=_ESCAPE):
    return value("string", json.dumps({"b64": text}), wanted, where)


BASE64 = [
    base64_row("aGVsbG8=", b"hello"),
    base64_row("aGVsbG8", b"hello"),
    base64_row("aGVsbA==", b"hell"),
    base64_row("aGVsbA", b"hell"),
    base64_row("", b""),
    base64_row(" \n", b""),
    base64_row("+/+/", b"\xfb\xff\xbf"),
    base64_row("aGVs\nbG8=\n", b"hello"),
    base64_row("aGVs\r\nbG8=\r\n", b"hello"),
    base64_row("a G\tV\x0bs\x0cbG8=", b"hello"),
    base64_row(" aGVsbG8 = ", b"hello"),
    base64_row("aGVsbA = =", b"hell"),
    base64_row("aGVsbG8.", b"hello"),
    base64_row("aGVsbA.=", b"hell"),
    base64_row("aGVsbG9=", b"hello"),
    base64_row("\n".join(["QUJD" * 19] * 3), b"ABC" * 57),
    *(base64_row(text, NO) for text in ("aGVsbG8==", "aGVsbG8===", "aGVsbA=", "aGVsbA===", "aGVs=", "=", "====", "A=")),
    *(base64_row(text, NO) for text in ("A", "AAAAA", "-_-_", "aGVs_G8=", "aGVs=bG8=", "aGVsbG8=x", "*", "aG Vs!")),
    *(base64_row(text, NO) for text in ("aGVs\u00a0bG8=", "aGVs\u2003bG8=", "aGVs\x1cbG8=", "aGVs\0bG8=", "é")),
    base64_row("data:image/png;base64,aGVsbG8=", NO),
    *(value("string", text, NO, _OBJECT) for text in ('{"b64": "AA==", "x": 1}', '{"b64": 3}', '{"b64": null}', "{}")),
    *(value("string", text, NO, _OBJECT) for text in ('{"B64": "AA=="}', '{"b64": ["AA=="]}', '{"b64": {"b64": ""}}')),
    value("string", '{"b64": "AA==", "b64": "AA=="}', NO, _OBJECT),
    value("bool", '{"b64": "AA=="}', NO, _SHAPE),
]

SHAPES = [
    value("float32", "3", 3, _SHAPE),
    value("float32", "[]", [], _SHAPE),
    value("float32", "[[], []]", [[], []], _SHAPE),
    value("float32", "[[1, 2], [3, 4]]", [[1, 2], [3, 4]], _SHAPE),
    value("float32", "[[[[[1]]]]]", [[[[[1]]]]], _SHAPE),
    *(
        value("float32", text, NO, _SHAPE)
        for text in ("[[1], [2, 3]]", "[1, [2]]", "[[1], 2]", "[[], [1]]", "[[1], []]")
    ),
    *(value("float32", text, NO, _SHAPE) for text in ("[1, null]", "[1, {}]", "[[1, 2], [3, [4]]]")),
]


def document(name, body, answer, where, status=200, signature=None):
    raw = body if isinstance(body, bytes) else body.encode()
    if signature is not None:
        raw = b'{"signature_name": "%s", ' % signature.encode() + raw[1:]
    return Row(name=name, where=where, status=status, answer=answer, body=raw)


def refused(name, body, where, signature=None, status=400):
    return document(name, body, None, where, status, signature)


_COLUMNS = "json_tensor.cc: FillTensorMapFromInputsMap"
_ROWS = "json_tensor.cc: FillTensorMapFromInstancesList"
_FORMATS = "json_tensor.cc: FillPredictRequestFromJson"
_SIGNATURE = "json_tensor.cc: FillSignature"
_INFO = "http_rest_api_handler.cc: GetInfoMap"
_FIRST = "document.h: FindMember"
_WRITTEN = "json_tensor.cc: AddSingleValueAndAdvance"

FORMATS = [
    document("one input, as a bare value", '{"inputs": [1, 2]}', [1, 2], _COLUMNS),
    document("one input, as a bare scalar", '{"inputs": 3}', 3, _COLUMNS),
    document("one input, by name, among others", '{"inputs": {"x": [1], "other": null}}', [1], _COLUMNS),
    document("bytes without a name", '{"inputs": {"b64": "AA=="}}', b64(b"\0"), _COLUMNS, signature="string"),
    document("b64 as a name beside x", '{"inputs": {"b64": "!", "x": "t"}}', b64(b"t"), _COLUMNS, signature="string"),
    document(
        "two inputs", '{"inputs": {"x": 1, "steps": [2, 3]}}', {"x": 1, "steps": [2, 3]}, _COLUMNS, signature="pair"
    ),
    refused("two inputs, one missing", '{"inputs": {"x": 1}}', _COLUMNS, "pair"),
    refused("two inputs, as a bare value", '{"inputs": [1]}', _COLUMNS, "pair"),
    refused("two inputs, as bytes", '{"inputs": {"b64": "AA=="}}', _COLUMNS, "pair"),
    refused("no columns", '{"inputs": {}}', _COLUMNS),
    refused("null for columns", '{"inputs": null}', _COLUMNS),
    refused("b64 that is no string for columns", '{"inputs": {"b64": 3}}', _COLUMNS, "string"),
    document("rows of bare values", '{"instances": [1, 2.5]}', [1, 2.5], _ROWS),
    document("rows of lists", '{"instances": [[1, 2], [3, 4]]}', [[1, 2], [3, 4]], _ROWS),
    document("rows by name", '{"instances": [{"x": 1}, {"x": 2}]}', [1, 2], _ROWS),
    document("a row that names its input twice", '{"instances": [{"x": 1, "x": 2}]}', [1], "tensor.cc: FromProtoField"),
    document(
        "rows of bytes and of text",
        '{"instances": [{"b64": "AA=="}, "t"]}',
        [b64(b"\0"), b64(b"t")],
        _ROWS,
        signature="string",
    ),
    document(
        "rows of two inputs",
        '{"instances": [{"x": 1, "steps": 2}, {"steps": 4, "x": 3}]}',
        [{"x": 1, "steps": 2}, {"x": 3, "steps": 4}],
        _ROWS,
        signature="pair",
    ),
    refused("rows of two inputs, one missing", '{"instances": [{"x": 1}]}', _ROWS, "pair"),
    refused("rows of two inputs, one missing later", '{"instances": [{"x": 1, "steps": 2}, {"x": 1}]}', _ROWS, "pair"),
    refused("rows of two inputs and another", '{"instances": [{"x": 1, "steps": 2, "y": 3}]}', _ROWS, "pair"),
    refused("rows of two inputs, as bare values", '{"instances": [1]}', _ROWS, "pair"),
    refused("rows of two inputs, as bytes", '{"instances": [{"b64": "AA=="}]}', _ROWS, "pair"),
    refused("a value, then an object", '{"instances": [1, {"x": 2}]}', _ROWS),
    refused("an object, then a value", '{"instances": [{"x": 1}, 2]}', _ROWS),
    refused("bytes, then an object", '{"instances": [{"b64": ""}, {"x": "t"}]}', _ROWS, "string"),
    refused("an object, then bytes", '{"instances": [{"x": "t"}, {"b64": ""}]}', _ROWS, "string"),
    refused("a row with nothing in it", '{"instances": [{}]}', _ROWS),
    refused("a row with another name", '{"instances": [{"y": 1}]}', _ROWS),
    refused("rows of two shapes", '{"instances": [[1], [1, 2]]}', "json_tensor.cc: AddInstanceItem"),
    refused("rows of two ranks", '{"instances": [1, [1]]}', "json_tensor.cc: AddInstanceItem"),
    refused("null for a row", '{"instances": [null]}', _ROWS),
    refused("half floats in rows, which is an invalid argument", '{"instances": [1.0]}', _ROWS, "float16"),
    refused("uint16 in rows, which is an invalid argument", '{"instances": [1]}', _ROWS, "uint16"),
    *(
        refused(f"{text} for rows", f'{{"instances": {text}}}', _FORMATS)
        for text in ("[]", "{}", "null", "1", '"text"', '{"x": [1]}', '{"b64": "AA=="}')
    ),
    refused("both formats", '{"instances": [1], "inputs": [1]}', _FORMATS),
    refused("both formats, one of them null", '{"instances": [1], "inputs": null}', _FORMATS),
    refused("neither format", "{}", _FORMATS),
    refused("neither format, but capitals", '{"Instances": [1]}', _FORMATS),
    document("unknown fields", '{"inputs": 1, "parameters": {"a": [1, {}]}, "id": null}', 1, _FORMATS),
    document(
        "rows given twice: the first count", '{"instances": [1], "instances": "no"}', [1], "document.h: FindMember"
    ),
    document("columns given twice: the first count", '{"inputs": {"x": 1, "x": 2}}', 1, _FIRST),
    document(
        "a signature given twice: the first counts",
        '{"signature_name": "none", "inputs": 1}',
        1,
        _FIRST,
        signature="int32",
    ),
    document(
        "the default signature by an empty name",
        '{"signature_name": "", "inputs": 1.5}',
        1.5,
        _INFO,
    ),
    refused("an unknown signature", '{"signature_name": "none", "inputs": 1}', _INFO),
    refused(
        "a signature in capitals", '{"signature_name": "FLOAT32", "inputs": 1}', "http_rest_api_handler.cc: GetInfoMap"
    ),
    *(
        refused(f"{text} for a signature", f'{{"signature_name": {text}, "inputs": 1}}', _SIGNATURE)
        for text in ("null", "1", "[]", "{}", "true")
    ),
]

_PARSE = "json_tensor.cc: ParseJson"
_MARK = "encodedstream.h: EncodedInputStream<UTF8<>, MemoryStream>"
_END = "reader.h: Parse"
_SPACE = "reader.h: SkipWhitespace"
_MEMBER = "reader.h: ParseObject"

DOCUMENTS = [
    document("a byte order mark", b'\xef\xbb\xbf{"inputs": 1}', 1, _MARK),
    document("the end of a byte order mark", b'\xbb\xbf{"inputs": 1}', 1, _MARK),
    document("white space around", b' \r\n\t{"inputs" : \n1 }\n\r\t ', 1, _SPACE),
    document("a zero byte at the end", b'{"inputs": 1}\0', 1, _END),
    document("a zero byte, and more", b'{"inputs": 1} \0} what ever', 1, _END),
    document(
        "a deep field that nobody asks for", b'{"inputs": 1, "deep": ' + b"[" * 300 + b"]" * 300 + b"}", 1, _VALUE
    ),
    refused("nothing", b"", _PARSE),
    refused("white space alone", b" \n", _END),
    refused("a byte order mark alone", b"\xef\xbb\xbf", _END),
    refused("a byte order mark of UTF-16", '{"inputs": 1}'.encode("utf-16"), _VALUE),
    refused("UTF-16 without a mark", '{"inputs": 1}'.encode("utf-16-le"), _VALUE),
    refused("two byte order marks", b'\xef\xbb\xbf\xef\xbb\xbf{"inputs": 1}', _MARK),
    refused("a zero byte at the start", b'\0{"inputs": 1}', _END),
    *(refused(f"{text!r} after the end", b'{"inputs": 1}' + text, _END) for text in (b"x", b"{}", b",", b"}", b"\xff")),
    *(refused(f"{text!r} instead of an object", text, _PARSE) for text in (b"[1]", b"1", b'"text"', b"null", b"true")),
    *(refused(f"a comma too many: {text!r}", text, _VALUE) for text in (b'{"inputs": [1,]}', b'{"inputs": 1,}')),
    *(refused(f"a comma too many: {text!r}", text, _VALUE) for text in (b'{"inputs": [,1]}', b'{,"inputs": 1}')),
    *(refused(f"a comment: {text!r}", text, _VALUE) for text in (b'{"inputs": 1 /* x */}', b'{"inputs": 1} // x')),
    *(refused(f"no key: {text!r}", text, _MEMBER) for text in (b"{inputs: 1}", b"{1: 2}", b"{'inputs': 1}")),
    *(refused(f"no end: {text!r}", text, _MEMBER) for text in (b'{"inputs": 1', b'{"inputs": ', b'{"inp')),
    refused("no colon", b'{"inputs" 1}', "reader.h: ParseObject"),
    refused("white space of another kind", b'{"inputs":\x0c1}', _SPACE),
    refused("white space beyond ASCII", '{"inputs":\u00a01}'.encode(), _SPACE),
    refused("a number too large where nobody asks", b'{"inputs": 1, "other": 1e999}', _NUMBER),
    refused("half a character where nobody asks", rb'{"inputs": 1, "other": "\ud800"}', _STRING),
]

_UNPACK = "evhttp_request.cc: NeedUncompressGzipContent"
_GZIP = "gzip_zlib.cc: UncompressGzipAndAllocate"
_ONE = b'{"inputs": 1}'


def sent(name, where, *headers, body=_ONE, status=200, **others):
    """A row with headers of its own."""
    answer = 1 if status == 200 else None
    return Row(name=name, where=where, headers=headers, body=body, status=status, answer=answer, **others)


def _wrong_sum(packed):
    return packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]


def _named(packed):
    """A gzip stream whose header holds a file's name."""
    return packed[:3] + b"\x08" + packed[4:10] + b"name\0" + packed[10:]


_PACKED = gzip.compress(_ONE)

HEADERS = [
    sent("no Content-Type", "http_rest_api_handler.cc: ProcessRequest"),
    *(
        sent(f"Content-Type: {kind}", "http_rest_api_handler.cc: ProcessRequest", ("Content-Type", kind))
        for kind in (
            *("application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"),
            *("multipart/form-data", "image/png", "application/json; charset=utf-16", "nonsense", ""),
        )
    ),
    sent("Accept: image/png", "http_rest_api_handler.cc: ProcessRequest", ("Accept", "image/png")),
    *(
        sent(f"packed, Content-Encoding: {kind}", _UNPACK, ("Content-Encoding", kind), body=_PACKED)
        for kind in ("gzip", "x-gzip", "gzip, identity", "identity, gzip", "br gzip")
    ),
    *(
        sent(f"packed, Content-Encoding: {kind}", _UNPACK, ("Content-Encoding", kind), body=_PACKED, status=400)
        for kind in ("GZIP", "Gzip", "identity", "deflate", "")
    ),
    *(
        sent(f"plain, Content-Encoding: {kind}", _UNPACK, ("Content-Encoding", kind))
        for kind in ("identity", "br", "deflate", "zstd", "GZIP", "")
    ),
    sent("packed without a Content-Encoding", _UNPACK, body=_PACKED, status=400),
    sent("packed, in chunks", _UNPACK, ("Content-Encoding", "gzip"), body=_PACKED, chunked=True),
    sent("packed, with a file's name", _GZIP, ("Content-Encoding", "gzip"), body=_named(_PACKED)),
    *(
        sent(f"gzip that is {name}", _GZIP, ("Content-Encoding", "gzip"), body=body, status=400)
        for name, body in (
            ("plain", _ONE),
            ("cut off", _PACKED[:-4]),
            ("without its end", _PACKED[:-8]),
            ("nothing", b""),
            ("of nothing", gzip.compress(b"")),
            ("two streams", _PACKED + gzip.compress(b"\n")),
            ("longer than its end", _PACKED + b"x"),
            ("of a wrong sum", _wrong_sum(_PACKED)),
            ("packed twice", gzip.compress(_PACKED)),
        )
    ),
    sent("in chunks", "http.c: evhttp_get_body", chunked=True),
    sent("Expect: 100-continue", "http.c: evhttp_have_expect", ("Expect", "100-continue")),
    sent("Expect: 100-Continue", "http.c: evhttp_have_expect", ("Expect", "100-Continue")),
    sent("Expect: something else", "http.c: evhttp_have_expect", ("Expect", "200-ok"), status=417),
    sent("Expect: something else, in chunks", "http.c: evhttp_have_expect", ("Expect", "x"), status=417, chunked=True),
    sent("Expect: something else, without a body", "http.c: evhttp_get_body", ("Expect", "x"), body=b"", status=400),
    sent("Expect: something else, HTTP/1.0", "http.c: evhttp_have_expect", ("Expect", "x"), version="HTTP/1.0"),
    sent("HTTP/1.0", "http.c: evhttp_parse_http_version", version="HTTP/1.0"),
    sent("HTTP/1.0, kept alive", "http.c: evhttp_send_done", ("Connection", "keep-alive"), version="HTTP/1.0"),
    sent("an upgrade", "http.c: evhttp_parse_headers_", ("Connection", "Upgrade"), ("Upgrade", "websocket")),
]

_PATH = "http_rest_api_util.cc: ParseModelInfo"
_METHOD = "http_rest_api_handler.cc: ProcessRequest"

_EXAMPLES = b'{"examples": [{"x": 1}]}'


def posted(target, status, where, body=_ONE):
    answer = 1 if status == 200 else None
    return Row(name=f"POST {target}", where=where, target=target, status=status, body=body, answer=answer)


def asked(method, target, status, where):
    return Row(name=f"{method} {target}", where=where, method=method, target=target, status=status)


ADDRESSES = [
    posted("/v1/models/echo:predict", 200, _PATH),
    posted("/V1/Models/echo:predict", 200, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/%65cho:predict", 200, "http_rest_api_util.cc: DecodeArg"),
    posted("/v1/models/echo/versions/1:predict", 200, _PATH),
    posted("/v1/models/echo/VERSIONS/1:predict", 200, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo/versions/0000000000000000000000001:predict", 200, _PATH),
    posted("http://else.where:1/v1/models/echo:predict", 200, "evhttp_request.cc: decode"),
    posted("/v1/models/echo:PREDICT", 400, _METHOD),
    posted("/v1/models/echo:Predict", 400, _METHOD),
    posted("/v1/models/ECHO:predict", 404, "server_core.cc: GetUntypedServableHandle"),
    posted("/v1/models/a%2Fb:predict", 404, "http_rest_api_util.cc: DecodeArg"),
    posted("/v1/models/echo/versions/2:predict", 404, "server_core.cc: GetUntypedServableHandle"),
    posted("/v1/models/echo/versions/9223372036854775807:predict", 404, "server_core.cc: GetUntypedServableHandle"),
    posted("/v1/models/echo/versions/9223372036854775808:predict", 400, _PATH),
    posted("/v1/models/echo/versions/99999999999999999999:predict", 400, _PATH),
    posted("/v1/models/echo/versions/x:predict", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo/versions/-1:predict", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo/labels/stable:predict", 400, "server_core.cc: GetModelVersionForLabel"),
    posted("/v1/models/other/labels/stable:predict", 400, "server_core.cc: GetModelVersionForLabel"),
    posted("/v1/models/echo/versions/1/labels/stable:predict", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo:predict?verbose=1", 400, "evhttp_request.cc: uri_path"),
    posted("/v1/models/echo:predict/", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo%3Apredict", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo:explain", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/echo", 400, _METHOD),
    posted("/v1/models/:predict", 400, "http_rest_api_util.cc: kPredictionApiGegex"),
    posted("/v1/models/%zz:predict", 400, "evhttp_server.cc: DispatchEvRequest"),
    posted("/v1/models/a[b:predict", 400, "evhttp_server.cc: DispatchEvRequest"),
    posted("/v2/models/echo:predict", 404, "http_server.cc: Dispatch"),
    posted("/v1", 404, "http_server.cc: Dispatch"),
    posted("//v1/models/echo:predict", 404, "http_server.cc: Dispatch"),
    posted("/", 404, "http_server.cc: Dispatch"),
    posted("/v1/models/echo:classify", 400, "json_tensor.cc: FillClassifyRegressRequestFromJson"),
    posted(
        "/v1/models/echo:regress", 400, "http_rest_api_handler.cc: ProcessRegressRequest", b'{"examples": [{"x": 1}]}'
    ),
    posted("/v1/models/other:classify", 400, "json_tensor.cc: FillClassifyRegressRequestFromJson"),
    posted(
        "/v1/models/other:regress", 404, "http_rest_api_handler.cc: ProcessRegressRequest", b'{"examples": [{"x": 1}]}'
    ),
    posted("/v1/models/other:predict", 404, "http_rest_api_handler.cc: ProcessPredictRequest"),
    posted("/v1/models/other:predict", 400, "http_rest_api_handler.cc: ProcessPredictRequest", b"no JSON"),
    posted("/v1/models/other:predict", 400, "json_tensor.cc: FillPredictRequestFromJson", b'{"signature_name": 1}'),
    posted("/v1/models/other:predict", 404, "json_tensor.cc: FillPredictRequestFromJson", b"{}"),
    asked("GET", "/v1/models/echo", 200, _METHOD),
    asked("GET", "/V1/MODELS/echo", 200, "http_rest_api_util.cc: kModelStatusApiRegex"),
    asked("GET", "/v1/models/echo/versions/01", 200, _PATH),
    asked("GET", "/v1/models/echo/labels/any", 200, "get_model_status_impl.cc: GetModelStatusWithModelSpec"),
    asked("GET", "/v1/models/echo/metadata", 200, _METHOD),
    asked("GET", "/v1/models/echo/versions/1/metadata", 200, _METHOD),
    asked("GET", "/v1/models/echo/METADATA", 200, _METHOD),
    asked("GET", "/v1/models/echo/labels/any/metadata", 400, "server_core.cc: GetModelVersionForLabel"),
    asked("GET", "/v1/models/other/labels/any", 404, "get_model_status_impl.cc: GetModelStatusWithModelSpec"),
    asked("GET", "/v1/models/echo/versions/2", 404, "get_model_status_impl.cc: GetModelStatusWithModelSpec"),
    asked("GET", "/v1/models/other/metadata", 404, "server_core.cc: GetUntypedServableHandle"),
    asked("GET", "/v1/models/metadata", 404, "http_rest_api_util.cc: kModelStatusApiRegex"),
    asked("GET", "/v1/models/echo?x=1", 404, "evhttp_request.cc: uri_path"),
    asked("GET", "/v1/models/echo/versions/9223372036854775808", 400, _PATH),
    asked("GET", "/v1/models/echo/", 400, "http_rest_api_util.cc: kModelStatusApiRegex"),
    asked("GET", "/v1/models/echo?x=/", 400, "evhttp_request.cc: uri_path"),
    asked("GET", "/v1/models/echo:predict", 400, _METHOD),
    asked("GET", "/v1/models", 400, "http_rest_api_handler.cc: ProcessModelStatusRequest"),
    asked("GET", "/v1/models/versions/1", 400, "http_rest_api_handler.cc: ProcessModelStatusRequest"),
    asked("GET", "/v1/models/", 400, "http_rest_api_util.cc: kModelStatusApiRegex"),
    asked("GET", "/v1/", 400, _METHOD),
    asked("GET", "/favicon.ico", 404, "http_server.cc: Dispatch"),
    asked("GET", "/", 404, "http_server.cc: Dispatch"),
    *(asked(method, "/v1/models/echo", 400, _METHOD) for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")),
    *(asked(method, PREDICT, 400, _METHOD) for method in ("HEAD", "OPTIONS", "PUT")),
    asked("HEAD", "/", 404, "http_server.cc: Dispatch"),
    *(asked(method, "/v1/models/echo", 501, "http.c: evhttp_handle_request") for method in ("TRACE", "BREW", "get")),
]

_BOMB = gzip.compress(_ONE + b" " * LARGEST_BODY)

ROWS = [*NUMBERS, *STRINGS, *BASE64, *SHAPES, *FORMATS, *DOCUMENTS, *HEADERS, *ADDRESSES]


@dataclasses.dataclass(frozen=True)
class Difference:
    """A row that TF Serving would answer otherwise, and the words in `docs/local-server.md` for it."""

    row: Row
    words: str


def refused_here(name, words, body, *, signature=None, status=400, where=_TENSOR):
    return Difference(refused(name, body, where, signature, status), words)


_SHAPES = "A shape is compared with the signature's at once. TF Serving leaves that to the graph."
_SMALL = "An integer that does not fit `int8`, `uint8` or `int16` is refused. TF Serving keeps its low bits."
_TWICE = (
    "If a row names an input twice, the first value counts and the second is ignored. TF Serving does the same with a "
    "single row; with several, it mixes up the values."
)
_LARGE = (
    "A body has a largest size, compressed and uncompressed (413, `--max-body`). TF Serving accepts any size, and "
    "decompresses up to 100 MB."
)
_TWICE_ROWS = '{"instances": [{"x": 1, "x": 2}, {"x": 3}]}'

DIFFERENCES = [
    Difference(value("uint8", "[300]", NO, "tensor.cc: FromProtoField"), _SMALL),
    Difference(value("int8", "-129", NO, "tensor.cc: FromProtoField"), _SMALL),
    Difference(refused("four channels", '{"inputs": [[[[1, 2, 3, 4]]]]}', _SHAPE, "image"), _SHAPES),
    Difference(refused("a rank too few", '{"instances": [[[1, 2, 3]]]}', _SHAPE, "image"), _SHAPES),
    Difference(document("a name twice in one of two rows", _TWICE_ROWS, [1, 3], "tensor.cc: FromProtoField"), _TWICE),
    Difference(document("a name twice, of two types", '{"instances": [{"x": 1, "x": "no"}]}', [1], _ROWS), _TWICE),
    Difference(
        refused("a name with a zero byte", r'{"instances": [{"x\u0000y": 1}]}', _ROWS),
        "A name in a row is compared as a whole. TF Serving ends it at a zero byte.",
    ),
    Difference(
        refused("depth", b'{"inputs": 1, "deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", _VALUE),
        "JSON nested a thousand levels deep or more is refused. TF Serving is limited only by its stack.",
    ),
    Difference(sent("a large body", _UNPACK, body=_ONE + b" " * LARGEST_BODY, status=413), _LARGE),
    Difference(sent("a large body, packed", _GZIP, ("Content-Encoding", "gzip"), body=_BOMB, status=413), _LARGE),
    Difference(
        posted("/v1/models/echo:predict?", 200, "evhttp_request.cc: decode"),
        "A question mark at the end of a URL is ignored. TF Serving treats it as part of the URL, which it refuses.",
    ),
    Difference(
        document("bytes for text", '{"inputs": {"b64": "/w=="}}', "\ufffd", _WRITTEN, signature="text"),
        "A string in a response that is not UTF-8 has U+FFFD in place of the invalid bytes. TF Serving writes its "
        "bytes as they are, and the response is not JSON.",
    ),
    Difference(
        value("float64", "0.1234567890123456789e-200", 0.1234567890123456789e-200, _NUMBER),
        "A number is rounded to the nearest double. TF Serving's parser may be off by some units in the last place.",
    ),
    Difference(
        Row(
            name="no Host",
            where="http.c: evhttp_parse_headers_",
            method="GET",
            target="/v1/models/echo",
            headers=(("Host", None),),
            status=400,
        ),
        "Headers must conform to HTTP/1.1, with a Host; otherwise the refusal is plain text. libevent is lenient.",
    ),
    Difference(
        asked("GET", "/nowhere", 404, "http.c: evhttp_send_error"),
        'Every other refusal is `{"error": ...}`. TF Serving\'s 404 for a path outside `/v1/`, 417 and 501 are HTML, '
        "and its refusal of a version beyond 64 bits is empty.",
    ),
]
"""What is known and left so."""
