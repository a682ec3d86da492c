"""How a command goes about its work, besides the settings of the style."""

from dataclasses import dataclass

from nst_tf.jobs.recording import Recording
from nst_tf.jobs.saving import Form


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a command runs.

    Attributes:
        overwrite: Whether existing results may be replaced.
        quiet: Whether to say nothing but errors.
        force: Whether to paint even if the memory seems too small.
        form: What becomes of a single painting in its file.
        recording: What to record of the run of a single painting.
    """

    overwrite: bool = False
    quiet: bool = False
    force: bool = False
    form: Form = Form()
    recording: Recording = Recording()
