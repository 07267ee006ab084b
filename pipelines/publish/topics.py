"""The topics: levels of lower-case slugs, the version and a word before every name."""

from __future__ import annotations

import hashlib
import re
import unicodedata

SLUG = re.compile(r"[a-z0-9_-]{1,64}")


def event_topic(base: str, node: str, camera: str, action: str) -> str:
    """Where the events of a camera and action are published; never retained."""
    return f"{base}/v1/{node}/cam/{slug(camera)}/event/{slug(action)}"


def event_filter(base: str, camera: str | None = None, action: str | None = None) -> str:
    """The subscription to the events of all nodes, of one camera or action where named."""
    camera_level, action_level = (slug(name) if name else "+" for name in (camera, action))
    return f"{base}/v1/+/cam/{camera_level}/event/{action_level}"


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


def slug(name: str) -> str:
    """A name as one level of a topic: lower-case letters, digits, ``_`` and ``-``, at most 64.

    What the alphabet lacks becomes ``_``; a name that has nothing of it becomes a hash.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_")[:64]
    return short or hashlib.blake2b(name.encode(), digest_size=4).hexdigest()


def check_base(base: str) -> str:
    """The base topic, unchanged. ValueError where a level of it is no slug."""
    if not all(SLUG.fullmatch(level) for level in base.split("/")):
        raise ValueError(
            f"base must be levels of {SLUG.pattern} separated by '/', got '{base}'; "
            "for example edgeact or site-12/actions"
        )
    return base


def check_node(node: str) -> str:
    """The node's name, unchanged. ValueError where it is no slug."""
    if not SLUG.fullmatch(node):
        raise ValueError(f"node must match {SLUG.pattern}, got '{node}'; for example {slug(node)}")
    return node
