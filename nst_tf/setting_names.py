"""Names of settings, as files and tables write them: `style-scale` or `style_scale`."""

from collections.abc import Mapping
from typing import Any


def named_in_python(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a file by their names in Python: `style-scale` is `style_scale`.

    Raises:
        ValueError: If one is given in both spellings.
    """
    named: dict[str, str] = {}
    for each in values:
        name = each.strip().replace("-", "_")
        if name in named:
            raise ValueError(f"{named[name].strip()} and {each.strip()} are one setting; leave one of them out.")
        named[name] = each
    return {name: values[each] for name, each in named.items()}
