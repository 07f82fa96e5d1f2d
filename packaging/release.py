"""What the scripts of all kinds of packages need: the values of Cargo.toml, addresses, archives that are read, and
packages that are written. The same input gives the same bytes."""

import gzip
import io
import os
import re
import stat
import sys
import tarfile
import time
import urllib.parse
import zipfile
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent


def refuse(what: str, remedy: str) -> NoReturn:
    """Ends the script: nothing was written."""
    print(f"error: {what}\nhint: {remedy}", file=sys.stderr)
    sys.exit(2)


try:
    import tomllib
except ModuleNotFoundError:
    refuse(f"'{sys.executable}' is too old to read Cargo.toml", "install Python 3.11 or newer")


def read_toml(path: str) -> dict:
    return tomllib.loads((ROOT / path).read_text("utf-8"))


def workspace() -> dict:
    return read_toml("Cargo.toml")["workspace"]


def version() -> str:
    return workspace()["package"]["version"]


def is_prerelease(release: str) -> bool:
    """Whether a version, such as 1.2.3-rc.1, is to be installed only where it is asked for."""
    return "-" in release


def manifests() -> list[str]:
    """The Cargo.toml of each crate, from the root; all of them are published."""
    return sorted(["Cargo.toml", *(f"crates/{path.name}/Cargo.toml" for path in (ROOT / "crates").iterdir())])


def python_version(cargo: str) -> str:
    """The version as PEP 440 writes it: 1.2.0-rc.1 is 1.2.0rc1."""
    found = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.(\d+))?", cargo)
    if not found:
        refuse(
            f"Python packages cannot have the version '{cargo}'",
            "use X.Y.Z, or X.Y.Z-alpha.N, -beta.N or -rc.N",
        )
    number, stage, count = found.groups()
    return number + ({"alpha": "a", "beta": "b", "rc": "rc"}[stage] + count if stage else "")


class Addresses:
    """Where the project and its files are, as the owner states it in Cargo.toml."""

    def __init__(self, repository: str | None, release: str):
        self.repository = (repository or workspace()["package"]["repository"]).rstrip("/").removesuffix(".git")
        self.release = release
        if not self.repository:
            refuse(
                "the URL of the repository is not given",
                "set 'repository' in [workspace.package] of Cargo.toml; to try: --repository https://example.com/idhooks",
            )
        if not re.fullmatch(r"https?://[^\s\"'\\<>{}]+", self.repository):
            refuse(f"'{self.repository}' is not a URL", "give it as https://host/path")
        self.publisher = self._publisher()
        self._check_binstall()

    def _check_binstall(self) -> None:
        """cargo-binstall reads a template of its own, from Cargo.toml as it is published."""
        template = workspace()["metadata"]["release"]["download"]
        expected = template.format(
            repository="{ repo }",
            version="{ version }",
            file="{ name }-{ version }-{ target }{ archive-suffix }",
        )
        if read_toml("Cargo.toml")["package"]["metadata"]["binstall"]["pkg-url"] != expected:
            refuse(
                "'pkg-url' in [package.metadata.binstall] of Cargo.toml is unlike 'download' in "
                "[workspace.metadata.release]",
                f"set it to \"{expected}\"",
            )

    def _publisher(self) -> str:
        """Who publishes, as winget names it: the owner of the repository, or the host."""
        address = urllib.parse.urlsplit(self.repository)
        parts = [part for part in address.path.split("/") if part]
        name = re.sub(r"[^A-Za-z0-9-]+", "-", parts[-2] if len(parts) > 1 else address.hostname or "")
        if len(name) < 2:
            refuse(
                f"'{self.repository}' names no publisher for winget, which wants two letters",
                "give it as https://host/owner/name",
            )
        return name[:32]

    def _filled(self, template: str, name: str) -> str:
        text = workspace()["metadata"]["release"][template]
        return text.format(repository=self.repository, version=self.release, file=name)

    def download(self, file: str) -> str:
        return self._filled("download", file)

    def source(self, path: str) -> str:
        return self._filled("source", path)

    def readme(self, path: str = "README.md") -> str:
        """A page with links that need no base, for registries that show it without the repository."""

        def absolute(link: re.Match) -> str:
            target = link[1]
            if "://" in target or target.startswith("#"):
                return link[0]
            return f"]({self.source(target)})"

        # Every second part is a block of code.
        parts = (ROOT / path).read_text("utf-8").split("```")
        parts[::2] = [re.sub(r"\]\(([^)\s]+)\)", absolute, part) for part in parts[::2]]
        return "```".join(parts)


class Platform(NamedTuple):
    """What registries call the machines of a target."""

    tags: tuple[str, ...]  # of wheels
    npm: str
    os: str
    cpu: str
    libc: str | None


PLATFORMS = {
    # The program needs no C library, only the kernel that Rust needs (3.2), which every system with glibc 2.17 has.
    "x86_64-unknown-linux-gnu": Platform(
        ("manylinux_2_17_x86_64", "manylinux2014_x86_64"), "linux-x64", "linux", "x64", "glibc"
    ),
    "aarch64-unknown-linux-gnu": Platform(
        ("manylinux_2_17_aarch64", "manylinux2014_aarch64"), "linux-arm64", "linux", "arm64", "glibc"
    ),
    "x86_64-unknown-linux-musl": Platform(
        ("musllinux_1_2_x86_64",), "linux-x64-musl", "linux", "x64", "musl"
    ),
    "aarch64-unknown-linux-musl": Platform(
        ("musllinux_1_2_aarch64",), "linux-arm64-musl", "linux", "arm64", "musl"
    ),
    # The oldest systems that Rust supports.
    "x86_64-apple-darwin": Platform(("macosx_10_12_x86_64",), "darwin-x64", "darwin", "x64", None),
    "aarch64-apple-darwin": Platform(("macosx_11_0_arm64",), "darwin-arm64", "darwin", "arm64", None),
    "x86_64-pc-windows-msvc": Platform(("win_amd64",), "win32-x64", "win32", "x64", None),
    "aarch64-pc-windows-msvc": Platform(("win_arm64",), "win32-arm64", "win32", "arm64", None),
    # Only to try packages for Windows elsewhere.
    "x86_64-pc-windows-gnu": Platform(("win_amd64",), "win32-x64", "win32", "x64", None),
}

# The targets that a release has archives of.
RELEASED = [target for target in PLATFORMS if target != "x86_64-pc-windows-gnu"]


def platform(target: str) -> Platform:
    if target not in PLATFORMS:
        refuse(f"there are no packages for the target '{target}'", "one of: " + " ".join(PLATFORMS))
    return PLATFORMS[target]


def archive_name(release: str, target: str) -> str:
    return f"idhooks-{release}-{target}{'.zip' if 'windows' in target else '.tar.gz'}"


class Entry(NamedTuple):
    """A file in a package."""

    name: str
    content: bytes
    mode: int = 0o644


def read_archive(path: Path, release: str, target: str) -> dict[str, bytes]:
    """The regular files of a release's archive, named within its one folder."""
    folder = f"idhooks-{release}-{target}/"
    files = {}
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                files = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
        else:
            with tarfile.open(path) as archive:
                for entry in archive:
                    if entry.isfile():
                        files[entry.name] = archive.extractfile(entry).read()
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        refuse(f"cannot read the archive '{path}': {error}", "make it with .ci/release")
    for name in files:
        if not name.startswith(folder):
            refuse(f"'{path}' contains '{name}', which is not in '{folder}'", "make it with .ci/release")
    return {name.removeprefix(folder): content for name, content in files.items()}


def program(files: dict[str, bytes], target: str) -> Entry:
    """The program of an archive."""
    name = "idhooks.exe" if "windows" in target else "idhooks"
    if name not in files:
        refuse(f"the archive for {target} contains no '{name}'", "make it with .ci/release")
    if "linux" in target and b"\x7fELF" == files[name][:4] and has_interpreter(files[name]):
        refuse(
            f"the program for {target} needs the C library of the system",
            "packages have a static program: make it with .ci/release",
        )
    return Entry(name, files[name], 0o755)


def has_interpreter(elf: bytes) -> bool:
    """Whether a 64-bit ELF program is started by a dynamic linker, that is, has a PT_INTERP header."""
    start = int.from_bytes(elf[0x20:0x28], "little")
    size, count = (int.from_bytes(elf[at : at + 2], "little") for at in (0x36, 0x38))
    headers = (start + number * size for number in range(count))
    return any(int.from_bytes(elf[at : at + 4], "little") == 3 for at in headers)


def licences(files: dict[str, bytes]) -> list[Entry]:
    """The texts that every package has to have."""
    names = [name for name in files if name.startswith("LICENSE") or name == "THIRD-PARTY.md"]
    if not names:
        refuse("the archive contains no licences", "make it with .ci/release")
    return [Entry(name, files[name]) for name in sorted(names)]


def epoch() -> int:
    """The time of all entries."""
    try:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    except (KeyError, ValueError):
        refuse(
            "SOURCE_DATE_EPOCH is not a number of seconds",
            "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), as .ci/release has it",
        )


def write(path: Path, content: bytes, replaces: bool = False) -> None:
    """Writes a file that appears whole. One with other content is replaced only if that is said."""
    if path.exists() and not replaces:
        if path.read_bytes() == content:
            return
        refuse(f"'{path}' is there already, with other content", "remove it if it was a try")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.new-{os.getpid()}")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        refuse(f"cannot write '{path}': {error.strerror}", "choose another directory, or free some space")


def tar_gz(entries: list[Entry]) -> bytes:
    packed = io.BytesIO()
    # The header of gzip has neither name nor time.
    with (
        gzip.GzipFile("", "wb", 9, packed, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for entry in entries:
            header = tarfile.TarInfo(entry.name)
            header.size, header.mode, header.mtime = len(entry.content), entry.mode, epoch()
            archive.addfile(header, io.BytesIO(entry.content))
    return packed.getvalue()


def zipped(entries: list[Entry]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for entry in entries:
            header = zipfile.ZipInfo(entry.name, time.gmtime(epoch())[:6])
            header.compress_type, header.create_system = zipfile.ZIP_DEFLATED, 3
            header.external_attr = (stat.S_IFREG | entry.mode) << 16
            archive.writestr(header, entry.content, compresslevel=9)
    return packed.getvalue()
