//! Determines which files git's configuration requires to be synced to disk: `core.fsync` and
//! `core.fsyncMethod`.

use super::disk::SyncLevel;

/// A kind of file that both git and idhooks write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsyncComponent {
    /// A loose object.
    LooseObject = 1,
    /// An index.
    Index = 2,
    /// A ref.
    Reference = 4,
}

const LOOSE_OBJECT: u8 = FsyncComponent::LooseObject as u8;
const INDEX: u8 = FsyncComponent::Index as u8;
const REFERENCE: u8 = FsyncComponent::Reference as u8;
/// Packs and the files derived from packs, which only git writes.
const OF_GIT: u8 = 0;

/// The names that `core.fsync` may contain.
const NAMES: [(&str, u8); 11] = [
    ("loose-object", LOOSE_OBJECT),
    ("pack", OF_GIT),
    ("pack-metadata", OF_GIT),
    ("commit-graph", OF_GIT),
    ("index", INDEX),
    ("objects", LOOSE_OBJECT),
    ("reference", REFERENCE),
    ("derived-metadata", OF_GIT),
    ("committed", LOOSE_OBJECT | REFERENCE),
    ("added", LOOSE_OBJECT | REFERENCE | INDEX),
    ("all", LOOSE_OBJECT | REFERENCE | INDEX),
];

/// The files that git syncs by default.
const DEFAULT: u8 = if cfg!(windows) { LOOSE_OBJECT } else { OF_GIT };

/// Which files are synced, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fsync {
    components: u8,
    method: SyncLevel,
}

impl Fsync {
    /// Interprets the values of `core.fsync` and `core.fsyncMethod`, and of the older
    /// `core.fsyncObjectFiles`, the same way git does.
    pub fn parse(components: Option<&str>, method: Option<&str>, object_files: bool) -> Self {
        let own = if object_files { LOOSE_OBJECT } else { OF_GIT };
        let method = match method {
            Some("writeout-only") => SyncLevel::Content,
            // With 'batch', several objects share a single sync, which is just as safe.
            _ => SyncLevel::Full,
        };
        Fsync { components: components.map_or(DEFAULT, parse_components) | own, method }
    }

    /// Returns how files of this kind are synced.
    pub fn level(self, component: FsyncComponent) -> SyncLevel {
        match self.components & component as u8 {
            0 => SyncLevel::Nothing,
            _ => self.method,
        }
    }

    /// Returns how to sync files that are synced regardless of `core.fsync`.
    pub fn method(self) -> SyncLevel {
        self.method
    }
}

/// Parses a list the way git does: names may be abbreviated, a name prefixed with `-` is excluded
/// unless another name includes it, and `none` takes effect only at the end of the list.
fn parse_components(value: &str) -> u8 {
    let (mut current, mut positive, mut negative) = (DEFAULT, 0, 0);
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t', '\n', '\r']);
        if rest == "none" {
            current = 0;
            break;
        }
        let (item, tail) = rest.split_once(',').unwrap_or((rest, ""));
        let (name, bits) = match item.strip_prefix('-') {
            Some(name) => (name, &mut negative),
            None => (item, &mut positive),
        };
        if name.is_empty() {
            break;
        }
        // git compares only as many letters as are given, so `loose` means `loose-object`.
        let found = NAMES.iter().filter(|(known, _)| known.starts_with(name));
        *bits |= found.fold(0, |all, (_, bits)| all | bits);
        rest = tail;
    }
    (current & !negative) | positive
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are what git 2.39 and 2.47 sync, according to their trace output.
    #[cfg(not(windows))]
    #[test]
    fn components_are_read_as_git_reads_them() {
        for (value, expected) in [
            ("", ""),
            ("none", ""),
            ("none,reference", "r"),
            ("default", ""),
            ("all", "oir"),
            ("committed", "or"),
            ("added", "oir"),
            ("objects", "o"),
            ("loose", "o"),
            ("pack", ""),
            ("reference", "r"),
            ("index", "i"),
            ("loose-object,-pack", "o"),
            ("objects, -loose-object", "o"),
            ("-loose-object", ""),
            (" index", "i"),
            ("index ", ""),
            ("index,none", "i"),
            ("all,-index", "oir"),
            ("index,,reference", "ir"),
        ] {
            let fsync = Fsync::parse(Some(value), None, false);
            let kinds = [
                (FsyncComponent::LooseObject, 'o'),
                (FsyncComponent::Index, 'i'),
                (FsyncComponent::Reference, 'r'),
            ];
            let synced = kinds.iter().filter(|(kind, _)| fsync.level(*kind) != SyncLevel::Nothing);
            assert_eq!(synced.map(|(_, letter)| letter).collect::<String>(), expected, "{value}");
        }
    }

    #[test]
    fn the_method_and_the_older_key_count() {
        let object = |components, method, older| {
            Fsync::parse(components, method, older).level(FsyncComponent::LooseObject)
        };
        assert_eq!(object(Some("none"), None, true), SyncLevel::Full);
        assert_eq!(object(Some("none"), None, false), SyncLevel::Nothing);
        assert_eq!(object(Some("all"), Some("batch"), false), SyncLevel::Full);
        assert_eq!(object(Some("all"), Some("unknown"), false), SyncLevel::Full);
        assert_eq!(object(Some("all"), Some("writeout-only"), false), SyncLevel::Content);
    }
}
