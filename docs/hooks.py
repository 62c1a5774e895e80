"""What the pages of the site take from the code, and links that lead out of docs/."""

from __future__ import annotations

import re
from typing import Any

import click
import typer

from napari_discembed.cli.app import app

REPOSITORY = "https://github.com/napari-discembed/napari-discembed/blob/main"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the commands, and point links to files beside docs/ at the repository."""
    found = re.sub(r"\]\(\.\./((?!pictures|start|examples|\w+\.md)[^)]+)\)", _linked, markdown)
    return found.replace("{{ commands }}", commands()) if "{{ commands }}" in found else found


def _linked(link: re.Match[str]) -> str:
    return f"]({REPOSITORY}/{link[1]})"


def commands() -> str:
    """Return the help of each command, as Markdown."""
    whole = typer.main.get_command(app)
    context = click.Context(whole, info_name="discembed", max_content_width=100)
    parts = []
    for name in whole.list_commands(context):
        command = whole.get_command(context, name)
        own = click.Context(command, parent=context, info_name=name, max_content_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(own)}\n```")
    return "\n\n".join(parts)
