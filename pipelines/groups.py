"""The group head that a site asks for, and all that its models can tell."""

from __future__ import annotations

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from pipelines.config import Config, FusionConfig
from plugins.fusion_labels import fusion_labels
from plugins.group_head import GroupHead, group_head


def site_group_head(config: FusionConfig, fusion: Engine) -> GroupHead | None:
    """The head that the configuration names, else the one beside the fusion model; None for none.

    Raises:
        EngineError: it cannot be used with this fusion model.
    """
    named = config.group_head
    path = named or config.model.with_name(f"group_head{config.model.suffix}")
    looked_at = "emb" in fusion.outputs
    if named is False or (named is None and not (looked_at and path.is_file())):
        return None
    if not looked_at:
        raise EngineError(
            f"{config.model}: gives no output emb, which a group head needs. Export it again: "
            "edgeact export CHECKPOINT --to FILE; or do without: fusion.group_head: false"
        )
    return group_head(load_engine(path, threads=1), path, fusion, config.model)


def known_labels(config: Config, fusion: Engine) -> tuple[str, ...]:
    """What the site's models tell apart, the background among it, each once.

    Raises:
        EngineError: one of them cannot be used.
    """
    labels = fusion_labels(fusion, config.fusion.model, config.window, sound=config.sound.tokens)
    head = site_group_head(config.fusion, fusion)
    return tuple(dict.fromkeys((*labels, *(head.labels if head else ()))))
