"""Read what pytest wrote: how many tests a suite ran, and whether it ran what it must.

check_report.py suite NAME FILE           one suite; fails on nothing run, a skip that is not
                                          allowed, or a security suite in it that ran nothing
check_report.py total DIRECTORY           the closing line over all suites
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
ALLOWED_SKIPS = ROOT / "tests" / "allowed_skips.txt"
SECURITY_SUITES = ROOT / ".ci" / "security_suites.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    name: str
    outcome: str
    message: str


def read_cases(path: Path) -> list[Case]:
    return [read_case(node) for node in ElementTree.parse(path).getroot().iter("testcase")]


def read_case(node: ElementTree.Element) -> Case:
    name = f"{node.get('classname')}.{node.get('name')}"
    for tag, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = node.find(tag)
        if found is not None:
            return Case(name=name, outcome=outcome, message=found.get("message", ""))
    return Case(name=name, outcome="passed", message="")


def rules(path: Path) -> list[list[str]]:
    """Return the file's lines as words: two, the second being the rest of the line."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line.split(None, 1) for line in lines if line and not line.startswith("#")]


def forbidden_skips(suite: str, cases: list[Case]) -> list[Case]:
    allowed = [reason for glob, reason in rules(ALLOWED_SKIPS) if fnmatch.fnmatch(suite, glob)]
    skipped = [case for case in cases if case.outcome == "skipped"]
    return [
        case
        for case in skipped
        if not any(re.search(reason, f"{case.name}: {case.message}") for reason in allowed)
    ]


def empty_security_suites(suite: str, cases: list[Case]) -> list[str]:
    ran = [case.name for case in cases if case.outcome != "skipped"]
    wanted = [prefix for glob, prefix in rules(SECURITY_SUITES) if fnmatch.fnmatch(suite, glob)]
    return [prefix for prefix in wanted if not any(fnmatch.fnmatch(n, f"{prefix}.*") for n in ran)]


def check_suite(suite: str, path: Path) -> bool:
    cases = read_cases(path) if path.exists() else []
    count = Counter(case.outcome for case in cases)
    ran = count["passed"] + count["failed"]
    print(f"{suite}: ran {ran} tests: {line(count)}")
    problems = [f"skip not allowed: {c.name}: {c.message}" for c in forbidden_skips(suite, cases)]
    problems += [f"security suite ran nothing: {p}" for p in empty_security_suites(suite, cases)]
    if not ran:
        problems.append("no test ran")
    for problem in problems:
        print(f"{suite}: {problem}")
    return not problems and not count["failed"]


def line(count: Counter[str]) -> str:
    return f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped"


def print_total(directory: Path, failed_stages: int) -> bool:
    """Print the closing line; a stage that failed without a failing test counts as one."""
    count: Counter[str] = Counter()
    for path in directory.glob("*.xml"):
        count.update(case.outcome for case in read_cases(path))
    count["failed"] = max(count["failed"], failed_stages)
    print(line(count))
    return not count["failed"]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    suite = verbs.add_parser("suite")
    suite.add_argument("name")
    suite.add_argument("file", type=Path)
    total = verbs.add_parser("total")
    total.add_argument("directory", type=Path)
    total.add_argument("--failed-stages", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.verb == "suite":
        return check_suite(arguments.name, arguments.file)
    return print_total(arguments.directory, arguments.failed_stages)


if __name__ == "__main__":
    sys.exit(not main())
