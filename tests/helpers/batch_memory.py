"""Paint 200 pictures in a process of its own; print how much its memory grows from the 20th to the 200th."""

import dataclasses
import sys

import psutil

import nst_tf
from helpers.batches import CONFIG, make_job
from nst_tf.batch.events import PictureEnded
from nst_tf.batch.record import Status


def main():
    used = {}

    def measure(event):
        if isinstance(event, PictureEnded):
            used[event.index] = psutil.Process().memory_info().rss

    config = dataclasses.replace(CONFIG, steps=1)
    jobs = [make_job(number, content="photos/large.jpg", config=config) for number in range(200)]
    records = nst_tf.paint_all(jobs, on_event=measure)
    assert {record.status for record in records} == {Status.PAINTED}
    sys.stdout.write(f"{used[199] - used[19]}\n")


if __name__ == "__main__":
    main()
