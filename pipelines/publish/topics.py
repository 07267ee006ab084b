"""The topics: levels of lower-case slugs, the version and a word before every name."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

SLUG = re.compile(r"[a-z0-9_-]{1,64}")
NAME_LENGTH = 64
"""Characters of a name for people, and of the slug that stands for it."""


def event_topic(base: str, node: str, camera: str, action: str) -> str:
    """Where the events of a camera and action are published; never retained."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/event/{slug(action)}"


def event_filter(
    base: str, camera: str | None = None, action: str | None = None, *, node: str = "+"
) -> str:
    """The subscription to the events of all nodes, of one camera, action or node where named."""
    camera_level, action_level = (slug(name) if name else "+" for name in (camera, action))
    return f"{base}/v1/{node}/cam/{camera_level}/event/{action_level}"


def availability_topic(base: str, node: str) -> str:
    """Where ``online`` or ``offline`` is retained."""
    return f"{base}/v1/{node}/availability"


def node_topic(base: str, node: str, kind: str) -> str:
    """Where a node says ``birth``, ``stats`` or ``gap``."""
    return f"{base}/v1/{node}/{kind}"


def active_topic(base: str, node: str, camera: str, action: str) -> str:
    """Where it is retained whether anybody before a camera does something now."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/active/{slug(action)}"


def status_topic(base: str, node: str, camera: str) -> str:
    """Where it is retained how a camera fares."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/status"


def snapshot_topic(base: str, node: str, camera: str, action: str) -> str:
    """Where pictures of the starts of an action before a camera go."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/snapshot/{slug(action)}"


def snapshot_filter(base: str, camera: str, *, node: str) -> str:
    """The subscription to all pictures of a camera."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/snapshot/+"


def tracks_topic(base: str, node: str, camera: str) -> str:
    """Where it is told who is in sight of a camera."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/tracks"


def command_topic(base: str, node: str, verb: str) -> str:
    """Where a command is sent to a node; ``+`` as verb for the subscription to all."""
    return f"{base}/v1/{node}/cmd/{verb}"


def result_topic(base: str, node: str, verb: str) -> str:
    """Where a node answers a command, also one whose verb is no slug."""
    return f"{command_topic(base, node, slug(verb))}/result"


def discovery_topic(prefix: str, node: str, camera: str) -> str:
    """Where the device of a camera is announced to Home Assistant; retained.

    Node and camera have a level each: joined to one, ``a_b`` + ``c`` would be ``a`` + ``b_c``.
    """
    return f"{prefix}/device/{node}/{slug(camera)}/config"


def slug(name: str) -> str:
    """A name as one level of a topic: lower-case letters, digits, ``_`` and ``-``, at most 64.

    Accents go, other signs become ``_``. Where letters would be lost, of another script or beyond
    the length, a hash of the name stands for them, so that names that differ there stay apart.
    """
    plain = unicodedata.normalize("NFKD", name)
    lost = any(letter.isalnum() and not letter.isascii() for letter in plain)
    plain = plain.encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_")
    if not lost and 0 < len(short) <= NAME_LENGTH:
        return short
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{short[: NAME_LENGTH - len(digest) - 1]}_{digest}".strip("_")


def check_apart(kind: str, names: Iterable[str]) -> None:
    """ValueError where two names are the same level of a topic. kind: what they name."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(slug(name), name)
        if other != name:
            raise ValueError(
                f"{kind} '{other}' and '{name}' would both be '{slug(name)}' in topics; "
                "rename one of them"
            )


def check_name(name: str) -> str:
    """A name for people, unchanged. ValueError where it cannot be shown in a line."""
    if not (name.isprintable() and name == name.strip() and 0 < len(name) <= NAME_LENGTH):
        raise ValueError(
            f"a name is 1 to {NAME_LENGTH} printable characters without spaces at its ends; "
            f"got {name!r}"
        )
    return name


def check_base(base: str, key: str = "base", example: str = "edgeact or site-12/actions") -> str:
    """The first levels of topics, unchanged; key: what they are called in the configuration.

    ValueError where a level of them is no slug.
    """
    if not all(SLUG.fullmatch(level) for level in base.split("/")):
        raise ValueError(
            f"{key} must be levels of {SLUG.pattern} separated by '/', got '{base}'; "
            f"for example {example}"
        )
    return base


def check_node(node: str) -> str:
    """The node's name, unchanged. ValueError where it is no slug."""
    if not SLUG.fullmatch(node):
        raise ValueError(f"node must match {SLUG.pattern}, got '{node}'; for example {slug(node)}")
    return node
