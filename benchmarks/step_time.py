"""One step's time against the same loss in plain PyTorch, in one run: `make bench`.

    python benchmarks/step_time.py [--size 512] [--rounds 3] [--steps 4]

Each measurement is a process of its own that uses all cores; the two sides take turns, so that a machine's moods meet
both alike. Both start from the same picture with the same filters, and their losses are compared before their times.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CONTENT = "block4_conv2"
STYLES = tuple(f"block{block}_conv1" for block in range(1, 6))
MEAN_BGR = (103.939, 116.779, 123.68)
SIDES = ("nst-tf", "pytorch")


def main() -> None:
    """Measure both sides in turns and print the ratio, or be one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512, help="side of the square picture, px")
    parser.add_argument("--rounds", type=int, default=3, help="processes per side")
    parser.add_argument("--steps", type=int, default=4, help="timed steps per process")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        measure = {"nst-tf": measure_ours, "pytorch": measure_torch}[options.side]
        print(json.dumps(measure(dict(np.load(options.data)), options.steps)))
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Run all processes and print medians, memory and ratio."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        write_data(data, options.size)
        command = [sys.executable, __file__, "--steps", str(options.steps), "--data", str(data), "--side"]
        results: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for _ in range(options.rounds):
            for side in SIDES:
                run = subprocess.run([*command, side], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
                results[side].append(json.loads(run.stdout))
                say(f"{side:8} {' '.join(f'{seconds:.2f}' for seconds in results[side][-1]['seconds'])} s")
    losses = [results[side][0]["loss"] for side in SIDES]
    if not np.isclose(losses[0], losses[1], rtol=1e-3):
        raise SystemExit(f"The two sides do not compute the same loss: {losses}")
    medians = [statistics.median(s for run in results[side] for s in run["seconds"]) for side in SIDES]
    peaks = [max(run["megabytes"] for run in results[side]) for side in SIDES]
    say(f"\n{options.size}x{options.size} px, float32, {options.rounds} processes of {options.steps} steps each")
    for side, median, peak in zip(SIDES, medians, peaks, strict=True):
        say(f"{side:8} {median:.2f} s per step, {peak:.0f} MB at the peak")
    say(f"ratio    {medians[0] / medians[1]:.2f}")


def write_data(path: Path, size: int) -> None:
    """Write filters, a content and a style for both sides."""
    from nst_tf import load_weights

    generator = np.random.default_rng(0)
    coarse = generator.random((2, 1, size // 8, size // 8, 3)).astype(np.float32)
    content, style = np.kron(coarse, np.ones((1, 1, 8, 8, 1), np.float32))
    np.savez(path, content=content, style=style, **load_weights("random").arrays)


def measure_ours(data: dict[str, Any], steps: int) -> dict[str, Any]:
    """Time the library's own loop by its own callback."""
    import nst_tf

    network = data.copy()
    content, style = network.pop("content"), network.pop("style")
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "net.npz", **network)
        clock: list[float] = []
        losses: list[float] = []

        def note(progress: nst_tf.Progress) -> None:
            clock.extend([time.perf_counter()] * (progress.step - len(clock)))
            losses.append(progress.loss)

        config = nst_tf.StyleConfig(
            weights=f"{folder}/net.npz", size=content.shape[1], steps=steps + 1, tv_weight=0.3, content_weight=0.3
        )
        nst_tf.stylize(content, style, config=config, callback=note)
    return {"seconds": np.diff(clock).tolist(), "loss": losses[0], "megabytes": peak_megabytes()}


def measure_torch(data: dict[str, Any], steps: int) -> dict[str, Any]:
    """Time the same loss, optimizer and clip as one would write them in PyTorch."""
    import torch
    import torch.nn.functional as functional

    layers = [name.removesuffix("/kernel") for name in data if name.endswith("/kernel")]
    layers = sorted(layers)[: sorted(layers).index(STYLES[-1]) + 1]
    filters = {
        name: (torch.tensor(data[f"{name}/kernel"].transpose(3, 2, 0, 1).copy()), torch.tensor(data[f"{name}/bias"]))
        for name in layers
    }
    content, style = (torch.tensor(data[name].transpose(0, 3, 1, 2).copy()) for name in ("content", "style"))
    mean = torch.tensor(MEAN_BGR).view(1, 3, 1, 1)

    def features(image: torch.Tensor) -> dict[str, torch.Tensor]:
        x, found = image.flip(1) * 255 - mean, {}
        for name in layers:
            if name.endswith("conv1") and name != layers[0]:
                x = functional.avg_pool2d(x, 2)
            x = found[name] = functional.relu(functional.conv2d(x, *filters[name], padding=1))
        return found

    def gram(maps: torch.Tensor) -> torch.Tensor:
        flat = maps.flatten(2)[0]
        return flat @ flat.T / flat.shape[1]

    def loss_of(image: torch.Tensor) -> torch.Tensor:
        found = features(image)
        loss = 0.3 * (found[CONTENT] - target).square().sum() / target.square().sum()
        for name, wanted in grams.items():
            loss = loss + 0.2 * (gram(found[name]) - wanted).square().sum() / wanted.square().sum()
        down, right = image[:, :, 1:] - image[:, :, :-1], image[..., 1:] - image[..., :-1]
        return loss + 0.3 * (down.square().mean() + right.square().mean())

    with torch.no_grad():
        target = features(content)[CONTENT]
        grams = {name: gram(maps) for name, maps in features(style).items() if name in STYLES}
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.02, betas=(0.9, 0.99))
    seconds, losses = [], []
    for _ in range(steps + 1):
        begun = time.perf_counter()
        optimizer.zero_grad()
        loss = loss_of(image)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        losses.append(loss.item())
        seconds.append(time.perf_counter() - begun)
    return {"seconds": seconds[1:], "loss": losses[0], "megabytes": peak_megabytes()}


def peak_megabytes() -> float:
    """Return the largest resident memory of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
