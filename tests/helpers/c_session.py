"""TensorFlow's C library by ctypes: the engine that TF Serving is built on, without a line of TensorFlow's Python.

Run as a program, it loads an export, runs a list of requests, and writes the answers; see `main`.
"""

import ctypes
import importlib.util
import json
import pickle
import sys
import threading
import time
from pathlib import Path

import numpy as np

KINDS = {1: np.dtype("float32"), 3: np.dtype("int32"), 7: np.dtype("object"), 9: np.dtype("int64")}
CODES = {kind: code for code, kind in KINDS.items()}
STRING_BYTES = 24
POINTER, LONG, SIZE, TEXT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_size_t, ctypes.c_char_p

FUNCTIONS = {
    "TF_NewStatus": (POINTER,),
    "TF_DeleteStatus": (None, POINTER),
    "TF_DeleteBuffer": (None, POINTER),
    "TF_GetCode": (ctypes.c_int, POINTER),
    "TF_Message": (TEXT, POINTER),
    "TF_NewGraph": (POINTER,),
    "TF_NewSessionOptions": (POINTER,),
    "TF_SetConfig": (None, POINTER, TEXT, SIZE, POINTER),
    "TF_NewBufferFromString": (POINTER, TEXT, SIZE),
    "TF_LoadSessionFromSavedModel": (
        POINTER, POINTER, POINTER, TEXT, ctypes.POINTER(TEXT), ctypes.c_int, POINTER, POINTER, POINTER,
    ),
    "TF_GraphOperationByName": (POINTER, POINTER, TEXT),
    "TF_AllocateTensor": (POINTER, ctypes.c_int, ctypes.POINTER(LONG), ctypes.c_int, SIZE),
    "TF_DeleteTensor": (None, POINTER),
    "TF_TensorData": (POINTER, POINTER),
    "TF_TensorType": (ctypes.c_int, POINTER),
    "TF_NumDims": (ctypes.c_int, POINTER),
    "TF_Dim": (LONG, POINTER, ctypes.c_int),
    "TF_StringInit": (None, POINTER),
    "TF_StringCopy": (None, POINTER, TEXT, SIZE),
    "TF_StringGetDataPointer": (POINTER, POINTER),
    "TF_StringGetSize": (SIZE, POINTER),
    "TF_StringDealloc": (None, POINTER),
}  # fmt: skip


class Output(ctypes.Structure):
    _fields_ = [("operation", POINTER), ("index", ctypes.c_int)]


class FailedError(Exception):
    """What the library answered instead of a result: a status code and its message."""


class Session:
    """A loaded export, as TF Serving holds it: one session for all threads, and XLA switched off."""

    def __init__(self, folder):
        self.c = _library()
        self.graph, options, meta = self.c.TF_NewGraph(), self.c.TF_NewSessionOptions(), None
        tags = (TEXT * 1)(b"serve")
        self.session = self._checked(
            self.c.TF_LoadSessionFromSavedModel, options, None, str(folder).encode(), tags, 1, self.graph, meta
        )

    def run(self, feeds, fetches, timeout_ms=0):
        """Feed arrays by tensor name, and return those that are fetched, in order."""
        keys = (Output * len(feeds))(*(self._output(name) for name in feeds))
        values = (POINTER * len(feeds))(*(self._tensor(value) for value in feeds.values()))
        wanted = (Output * len(fetches))(*(self._output(name) for name in fetches))
        results = (POINTER * len(fetches))()
        options = b"\x10" + _varint(timeout_ms) if timeout_ms else None  # RunOptions.timeout_in_ms is field 2
        options = self.c.TF_NewBufferFromString(options, len(options)) if options else None
        counts = len(feeds), wanted, results, len(fetches)
        try:
            self._checked(self.c.TF_SessionRun, self.session, options, keys, values, *counts, None, 0, None)
        finally:
            for value, array in zip(values, feeds.values(), strict=True):
                self._free(value, np.asarray(array))
            if options:
                self.c.TF_DeleteBuffer(options)
        arrays = [self._array(result) for result in results]
        for result in results:
            self.c.TF_DeleteTensor(result)
        return arrays

    def _checked(self, function, *arguments):
        status = self.c.TF_NewStatus()
        result = function(*arguments, status)
        code, message = self.c.TF_GetCode(status), self.c.TF_Message(status)
        self.c.TF_DeleteStatus(status)
        if code:
            raise FailedError(code, message.decode(errors="replace"))
        return result

    def _output(self, name):
        operation, _, index = name.partition(":")
        found = self.c.TF_GraphOperationByName(self.graph, operation.encode())
        return Output(found, int(index))

    def _tensor(self, array):
        array = np.asarray(array)
        size = array.size * STRING_BYTES if array.dtype == object else array.nbytes
        shape = (LONG * array.ndim)(*array.shape)
        tensor = self.c.TF_AllocateTensor(CODES[array.dtype], shape, array.ndim, size)
        data = self.c.TF_TensorData(tensor)
        if array.dtype != object:
            ctypes.memmove(data, np.ascontiguousarray(array).ctypes.data, size)
            return tensor
        for index, text in enumerate(array.ravel()):
            self.c.TF_StringInit(data + index * STRING_BYTES)
            self.c.TF_StringCopy(data + index * STRING_BYTES, text, len(text))
        return tensor

    def _free(self, tensor, array):
        """Free a tensor of `_tensor`, and its strings, which the library leaves to whoever allocated them."""
        if array.dtype == object:
            data = self.c.TF_TensorData(tensor)
            for index in range(array.size):
                self.c.TF_StringDealloc(data + index * STRING_BYTES)
        self.c.TF_DeleteTensor(tensor)

    def _array(self, tensor):
        shape = [self.c.TF_Dim(tensor, axis) for axis in range(self.c.TF_NumDims(tensor))]
        kind, data = KINDS[self.c.TF_TensorType(tensor)], self.c.TF_TensorData(tensor)
        count = int(np.prod(shape))
        if kind.kind != "O":
            return np.frombuffer(ctypes.string_at(data, count * kind.itemsize), kind).reshape(shape)
        texts = [data + index * STRING_BYTES for index in range(count)]
        texts = [ctypes.string_at(self.c.TF_StringGetDataPointer(t), self.c.TF_StringGetSize(t)) for t in texts]
        return np.array(texts, object).reshape(shape)


def _library():
    folder = Path(importlib.util.find_spec("tensorflow").submodule_search_locations[0])
    ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"), ctypes.RTLD_GLOBAL)
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.TF_SessionRun.restype = None
    library.TF_SessionRun.argtypes = [
        POINTER, POINTER, POINTER, POINTER, ctypes.c_int, POINTER, POINTER, ctypes.c_int, POINTER, ctypes.c_int,
        POINTER, POINTER,
    ]  # fmt: skip
    library._ZN10tensorflow21DisableXlaCompilationEv()
    return library


def _varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def answer(session, request):
    """Run one request: `feeds`, `fetches`, `timeout_ms`; return arrays or a status, and the seconds it took."""
    begun = time.perf_counter()
    try:
        arrays, status = session.run(request["feeds"], request["fetches"], request.get("timeout_ms", 0)), None
    except FailedError as failure:
        arrays, status = None, failure.args
    return {"arrays": arrays, "status": status, "seconds": time.perf_counter() - begun}


def resident_megabytes():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main():
    """Read a pickled task `{"folder", "rounds": [{"threads", "requests"}]}` from a file; write answers to another."""
    task = pickle.loads(Path(sys.argv[1]).read_bytes())
    session, rounds = Session(task["folder"]), []
    for each in task["rounds"]:
        answers = [None] * len(each["requests"])

        def work(first, step, requests=each["requests"], answers=answers):
            for index in range(first, len(requests), step):
                answers[index] = answer(session, requests[index])

        threads = [threading.Thread(target=work, args=(n, each["threads"])) for n in range(each["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rounds.append({"answers": answers, "megabytes": resident_megabytes()})
    Path(sys.argv[2]).write_bytes(pickle.dumps(rounds))
    sys.stdout.write(json.dumps({"python_tensorflow": "tensorflow" in sys.modules}))


if __name__ == "__main__":
    main()
