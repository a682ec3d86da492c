"""Help in the words of a manual: `CONTENT`, `FILE`, `N`, and nothing for a switch, instead of Python's types."""

import inspect
import os
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.models import OptionInfo, ParameterInfo

WORDS: dict[Any, str] = {Path: "FILE", str: "TEXT", int: "N", float: "NUMBER"}
"""What help calls a value of a type, where an option says nothing better."""


def with_help_words(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give each parameter of a command a word for its value, unless it has one."""
    for name, parameter in inspect.signature(command).parameters.items():
        kind, *infos = typing.get_args(parameter.annotation) or (None,)
        for info in infos:
            if isinstance(info, ParameterInfo) and info.metavar is None:
                info.metavar = _word(kind) if isinstance(info, OptionInfo) else name.upper()
    return command


def _word(kind: Any) -> str | None:
    """Return the word for a type, also for one that may be None, or is a list."""
    if kind in WORDS:
        return WORDS[kind]
    return next((word for word in map(_word, typing.get_args(kind)) if word), None)


class Words:
    """Mixed into commands and groups."""

    def get_params(self, ctx: Any) -> Any:
        """Return all parameters, with nothing for a switch, and no type for an argument, whose name says it."""
        params = super().get_params(ctx)  # type: ignore[misc]
        for each in params:
            if getattr(each, "is_flag", False) and each.metavar is None:
                each.metavar = ""
            elif each.param_type_name == "argument":
                each.display_type_rich = _nothing
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; a value out of range is refused in words."""
        from typer import rich_utils

        rich_utils.RANGE_STRING = ""
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return `[OPTIONS] CONTENT STYLE...`."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        names = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
        return ["[OPTIONS]", *names, *_subcommands(self)]


def _nothing(*, ctx: Any) -> str:  # noqa: ARG001 (Typer calls it so)
    return ""


def _subcommands(command: object) -> Sequence[str]:
    return ["COMMAND [ARGS]..."] if isinstance(command, TyperGroup) else []


class Command(Words, TyperCommand):
    """A command whose help is for people, and for which `./-` is a file of that name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments."""
        return super().parse_args(ctx, [_spelled_out(each) for each in args])


def _spelled_out(argument: str) -> str:
    """Return `./-` as a whole path, as a path drops the dot, and `-` alone is a standard stream."""
    option, equals, value = argument.rpartition("=") if argument.startswith("--") else ("", "", argument)
    named = value != "-" and os.path.normpath(value) == "-"
    return f"{option}{equals}{os.path.join(os.getcwd(), '-')}" if named else argument  # noqa: PTH109, PTH118 (text)


class Group(Words, TyperGroup):
    """A group of commands whose help is for people."""
