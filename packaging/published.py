"""What the scripts that publish do alike: they ask a registry what it has of this version, and pass over what is the
same. What was published under one version is never changed, so other content ends them before they publish anything."""

import urllib.error
import urllib.request
from typing import NoReturn

from release import refuse


def passes_over(what: str, published: str | None, ours: str | None) -> bool:
    """Whether something is published already, given the hash that its registry states, if any, and ours."""
    if published is None:
        return False
    if published != ours:
        refuse(
            f"{what} is published already, with other content",
            "give the release a new version; to go on with one, use the commit, the files and the version of cargo "
            "that it was made with",
        )
    print(f"{what} is there already", flush=True)
    return True


def cannot_ask(what: str, why: object) -> NoReturn:
    """Ends the script, since without an answer it would be a guess what is published."""
    refuse(f"cannot read {what}: {why}", "run this again later; nothing was published")


def read(address: str) -> bytes | None:
    """What a registry answers, or None if it does not have that."""
    request = urllib.request.Request(address, headers={"User-Agent": "idhooks packaging/published.py"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code in (404, 410, 451):
            return None
        cannot_ask(f"'{address}'", error)
    except OSError as error:
        cannot_ask(f"'{address}'", error)
