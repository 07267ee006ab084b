"""``edgeact doctor``: is all there that a platform needs, and what mends what is not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pipelines.config import Config
from pipelines.doctor import cpu, deepstream
from pipelines.doctor.engine_files import judge_kept_engines, judge_site
from pipelines.doctor.findings import Finding, fine
from pipelines.doctor.machine import Machine, read_machine

PLATFORMS = ("cpu", "deepstream")
_WORDS = {"ok": "ok", "note": "note", "problem": "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact doctor``."""
    parser.add_argument(
        "config", type=Path, nargs="?", help="a site: its platform, and the engines that it names"
    )
    parser.add_argument("--platform", choices=PLATFORMS, help="look at this platform alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at the machine; 0 where a platform that was asked for has all that it needs, else 1."""
    config = None
    if args.config is not None:
        from pipelines.config_file import load_config

        config = load_config(args.config)
    asked = args.platform or (config.platform if config else None)
    wanted = {*cpu.ELEMENTS, *cpu.ENCODER}
    wanted |= {*deepstream.ELEMENTS, *deepstream.SOUND, deepstream.ENCODER}
    machine = read_machine(wanted)
    found = {
        platform: judge(platform, machine, config)
        for platform in PLATFORMS
        if asked in (None, platform)
    }
    sys.stdout.write(as_json(found) if args.json else as_text(found))
    return 0 if any(fine(findings) for findings in found.values()) else 1


def judge(platform: str, machine: Machine, config: Config | None = None) -> list[Finding]:
    """All findings for a platform; of a site's engines where it is for this platform."""
    if platform == "cpu":
        return list(cpu.judge_cpu(machine))
    engines = judge_site(config, machine) if config else judge_kept_engines(machine)
    return [*deepstream.judge_deepstream(machine), *engines]


def as_text(found: Mapping[str, list[Finding]]) -> str:
    """A line a part, and under it what to do; a verdict for each platform."""
    lines = []
    for platform, findings in found.items():
        count = sum(finding.state == "problem" for finding in findings)
        verdict = {0: "all right", 1: "1 problem"}.get(count, f"{count} problems")
        lines.append(f"platform {platform}: {verdict}")
        for finding in findings:
            lines.append(f"  {_WORDS[finding.state]:<8}{finding.part:<14}{finding.found}")
            if finding.mend:
                lines.append(f"{'':<24}mend: {finding.mend}")
    if "deepstream" in found:
        lines.append("The checks for deepstream have not been run on NVIDIA hardware yet.")
    return "\n".join(lines) + "\n"


def as_json(found: Mapping[str, list[Finding]]) -> str:
    """``{PLATFORM: {"fine": bool, "findings": [{part, state, found, mend}]}}``."""
    content = {
        platform: {"fine": fine(findings), "findings": [asdict(one) for one in findings]}
        for platform, findings in found.items()
    }
    return json.dumps(content, indent=2) + "\n"
