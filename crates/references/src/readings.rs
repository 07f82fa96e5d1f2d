//! The possible readings of a dotted name, based on the tracked paths: one for each directory that
//! imports may start from.

use idhooks_core::registry::RepoPath;
use idhooks_python::is_standard;

use super::modules::{PythonModules, Referent, base_name, join, parent_dir};

/// The meaning of a dotted name if imports start from a particular directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) place: Referent,
    /// Readings with a smaller rank are preferred.
    rank: u8,
    trust: Trust,
}

/// How certain a reading is if there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The name certainly has this meaning.
    Sure,
    /// The name may also refer to something outside the repository.
    Open,
    /// The standard library has a module with this name, and Python finds that module first.
    Unlikely,
}

/// The outcome of deciding between the readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing that moves.
    Nothing,
    /// The module in this file.
    Module(RepoPath),
    /// A package located in the directory of one of these readings.
    Package(Vec<Reading>),
    /// One of these files or directories, or something outside the repository.
    Undecided {
        /// The possible paths.
        meanings: Vec<String>,
        /// Whether the name usually refers to something outside the repository.
        is_unlikely: bool,
    },
}

impl Reading {
    /// Returns the only reading of a relative import.
    pub(super) fn relative(dir: &str) -> Self {
        Reading { place: Referent::Package(dir.to_owned()), rank: 0, trust: Trust::Sure }
    }

    /// Returns whether the name certainly has this meaning, provided no other reading takes
    /// precedence.
    pub(super) fn is_sure(&self) -> bool {
        self.trust == Trust::Sure
    }

    /// Returns the package this many levels up, which is where the name starts.
    pub(super) fn above(&self, levels: usize) -> Option<Self> {
        let mut path = match &self.place {
            Referent::Module(path) if levels > 0 => path.as_str()?,
            Referent::Package(dir) => dir,
            _ => return None,
        };
        for _ in 0..levels {
            path = parent_dir(path);
        }
        Some(self.at(Referent::Package(path.to_owned())))
    }

    fn at(&self, place: Referent) -> Self {
        Reading { place, ..self.clone() }
    }
}

impl PythonModules<'_> {
    /// Returns the possible meanings of a dotted name that is imported in a file in `dir`.
    ///
    /// Imports may start from the root of the repository, from any directory that is not a package,
    /// from `src`, and from the directories above the file even if these are packages, as for a
    /// script inside them. If the root itself is a package, imports may also start from the
    /// directory above it.
    pub(super) fn absolute(&self, dir: &str, names: &[&str]) -> Vec<Reading> {
        let Some((first, rest)) = names.split_first() else { return Vec::new() };
        let roots = self.roots(first);
        let mut readings: Vec<Reading> =
            roots.into_iter().filter_map(|root| self.begin(dir, root, first)).collect();
        // Unless a reading is certain, the name may also refer to the root of the repository.
        let is_found = readings.iter().any(Reading::is_sure);
        readings.extend(self.above_top(first, is_found));
        rest.iter().fold(readings, |readings, name| self.submodule(&readings, name))
    }

    /// Returns the readings of a relative import that goes one level above the root of the
    /// repository.
    pub(super) fn beyond_top(&self, names: &[&str]) -> Vec<Reading> {
        let Some((first, rest)) = names.split_first() else { return Vec::new() };
        let readings: Vec<Reading> = self.above_top(first, false).into_iter().collect();
        rest.iter().fold(readings, |readings, name| self.submodule(&readings, name))
    }

    /// Returns how the first part of a name resolves if imports start from `root`.
    fn begin(&self, dir: &str, root: &str, first: &str) -> Option<Reading> {
        let place = self.child(root, first)?;
        let is_regular = self.is_package(&join(root, first));
        let is_stdlib = is_standard(first);
        let is_above = root.is_empty() || dir == root || dir.starts_with(&format!("{root}/"));
        let (rank, trust) = match (self.is_package(root), is_above) {
            (false, true) => {
                // Python prefers packages with an `__init__.py`, no matter which directory they are
                // in.
                let rank = u8::from(!is_regular && matches!(place, Referent::Package(_)));
                let is_sure = dir == root || !is_stdlib;
                (rank, if is_sure { Trust::Sure } else { Trust::Open })
            }
            (true, true) if !root.is_empty() && base_name(root) != "src" => {
                // If a module next to a script had the name of a standard module, it would break
                // Python itself.
                if is_stdlib {
                    return None;
                }
                (2, Trust::Open)
            }
            (true, false) if base_name(root) != "src" => return None,
            _ => {
                let trust = match (is_stdlib, is_regular) {
                    (true, _) => Trust::Unlikely,
                    (false, true) => Trust::Sure,
                    (false, false) => Trust::Open,
                };
                (if is_regular { 1 } else { 2 }, trust)
            }
        };
        Some(Reading { place, rank, trust })
    }

    /// Returns the reading in which a name starts with the root of the repository as a package. It
    /// is certain if the root directory has this name, and otherwise possible if the name has no
    /// other meaning.
    fn above_top(&self, first: &str, is_found: bool) -> Option<Reading> {
        if !self.is_package("") {
            return None;
        }
        let is_named = self.top_name == Some(first);
        let trust = match is_standard(first) {
            false if is_named => Trust::Sure,
            true if is_named => Trust::Open,
            false if !is_found => Trust::Open,
            _ => return None,
        };
        let rank = if is_named { 1 } else { 2 };
        Some(Reading { place: Referent::Package(String::new()), rank, trust })
    }

    /// Returns the modules that an import with this name finds.
    pub(super) fn submodule(&self, readings: &[Reading], name: &str) -> Vec<Reading> {
        let below = |reading: &Reading| match &reading.place {
            Referent::Package(dir) => Some(reading.at(self.child(dir, name)?)),
            _ => None,
        };
        readings.iter().filter_map(below).collect()
    }

    /// Returns the meaning of a name in a package, which may be something other than the package's
    /// module.
    pub(super) fn member(&self, readings: &[Reading], name: &str) -> Vec<Reading> {
        let below = |reading: &Reading| match &reading.place {
            Referent::Package(dir) if self.binds(dir, name) => Some(reading.at(Referent::Other)),
            Referent::Package(dir) => Some(reading.at(self.child(dir, name)?)),
            _ => None,
        };
        readings.iter().filter_map(below).collect()
    }

    /// Decides between readings. `names` are attributes that are used, so the right reading must
    /// have them.
    pub(super) fn decide(&self, own: &RepoPath, readings: &[Reading], names: &[&str]) -> Decision {
        let mut close = closest(readings.iter());
        if !matches!(close[..], [reading] if reading.is_sure()) {
            // If the name may refer to something outside the repository, assume that a module does
            // not import itself.
            let is_own = |reading: &Reading| {
                !reading.is_sure()
                    && matches!(&reading.place, Referent::Module(path) if path == own)
            };
            let left = readings.iter().filter(|r| !is_own(r) && self.may_have(&r.place, names));
            let left = closest(left);
            // If no reading is left although some were certain, one of those must be right, no
            // matter what the files contain.
            if !left.is_empty() || !close.iter().any(|reading| reading.is_sure()) {
                close = left;
            }
        }
        if !close.is_empty() && close.iter().all(|r| matches!(r.place, Referent::Package(_))) {
            // Includes packages with a larger rank, because the next name decides between them.
            let is_package = |reading: &&Reading| matches!(reading.place, Referent::Package(_));
            return Decision::Package(readings.iter().filter(is_package).cloned().collect());
        }
        match close[..] {
            [] | [Reading { place: Referent::Other, .. }] => Decision::Nothing,
            [Reading { place: Referent::Module(path), trust: Trust::Sure, .. }] => {
                Decision::Module(path.clone())
            }
            _ if !close.iter().any(|reading| self.concerns(&reading.place)) => Decision::Nothing,
            _ => Decision::Undecided {
                meanings: close.iter().map(|reading| reading.place.to_string()).collect(),
                is_unlikely: close.iter().all(|reading| reading.trust == Trust::Unlikely),
            },
        }
    }

    /// Returns whether a string is the dotted name of a module being moved, or of an object in such
    /// a module.
    pub(super) fn names_moved(&self, text: &str) -> bool {
        // An entry point is written `module:object`.
        let name = text.split(':').next().unwrap_or_default();
        let parts: Vec<&str> = name.split('.').collect();
        let is_name =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        // A string without dots is too often an ordinary word.
        if parts.len() < 2 || !parts.iter().all(is_name) {
            return false;
        }
        let is_moved = |reading: &Reading| matches!(&reading.place, Referent::Module(path) if self.target(path).is_some());
        (2..=parts.len()).any(|length| {
            self.is_moved_name(parts[length - 1])
                && self.absolute("", &parts[..length]).iter().any(is_moved)
        })
    }
}

/// Returns the readings with the smallest rank, each meaning only once.
fn closest<'r>(readings: impl Iterator<Item = &'r Reading> + Clone) -> Vec<&'r Reading> {
    let best = readings.clone().map(|reading| reading.rank).min();
    let mut close: Vec<&Reading> = Vec::new();
    for reading in readings.filter(|reading| Some(reading.rank) == best) {
        if !close.iter().any(|other| other.place == reading.place) {
            close.push(reading);
        }
    }
    close
}
