"""Forms for jobs, and a server of jobs on a real socket."""

import contextlib
import io
import threading
import time

from PIL import Image

from nst_tf_serving.jobs_api.access import Access
from nst_tf_serving.jobs_api.site import make_site
from nst_tf_serving.server.app import bind, make_server

SMALL = {"size": "48", "scales": "1", "steps": "6", "weights": "builtin"}
"""A painting of a second."""

ENDLESS = {**SMALL, "steps": "2000"}


def picture(size=(60, 40), *, color=None, kind="PNG", **options):
    """The bytes of a picture: of one color, or smooth."""
    image = Image.new("RGB", size, color) if color else Image.linear_gradient("L").resize(size).convert("RGB")
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def form(*styles, content=None, **fields):
    """A form's files and fields, as httpx takes them."""
    painting = Image.radial_gradient("L").resize((50, 50)).convert("RGB")
    stream = io.BytesIO()
    painting.save(stream, "PNG")
    files = [("content", ("photo.png", content or picture()))]
    files += [("style", (f"painting{number}.png", each)) for number, each in enumerate(styles or [stream.getvalue()])]
    return {"files": files, "data": {**SMALL, **fields}}


@contextlib.contextmanager
def serving_jobs(board, access=None):
    """Serve a board's jobs on a free port; yields the address."""
    listener = bind("127.0.0.1", 0)
    server = make_server(make_site(board, access or Access()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
