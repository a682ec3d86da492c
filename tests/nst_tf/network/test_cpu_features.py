import pytest

from nst_tf.network import cpu_features as processor
from nst_tf.network.precision import resolved_precision


@pytest.mark.parametrize(
    ("features", "onednn", "precision"),
    [
        ({"avx2", "fma"}, False, "float32"),
        ({"avx2", "avx512_vnni"}, True, "float32"),
        ({"avx2", "avx512_vnni", "avx512_bf16"}, True, "bfloat16"),
        (set(), False, "float32"),
    ],
)
def test_the_processor_decides_what_is_fast(features, onednn, precision, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    for module in ("nst_tf.network.cpu_features", "nst_tf.network.precision"):
        monkeypatch.setattr(f"{module}.processor_features", lambda: features)
    assert (processor.uses_onednn(), resolved_precision("auto")) == (onednn, precision)
    for wish, used in (("0", False), ("false", False), ("1", True), ("True", True), ("maybe", onednn)):
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", wish)
        assert processor.uses_onednn() == used
