//! Suggests rules that make room when a counter and those in which it continues are full, judging by
//! the repository's files.
//!
//! A counter covers one namespace and one TYPE. So files that need identities are moved to a
//! different TYPE if theirs is the TYPE for unknown extensions, or otherwise to a different
//! namespace, directory by directory.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{is_file, sequences_used};
use idhooks_core::config::{BUILT_IN_NAMESPACES, Config, RuleAdditions, TypeSource, new_types};
use idhooks_core::registry::{
    CounterKey, Namespace, Numbering, Registry, RepoPath, Scope, Tree, TypeCode, grouped,
};

use crate::path_pieces::{PathPiece, split_paths};

/// The maximum number of files to assign to a new counter, leaving room for more.
const TARGET_SIZE: usize = 80_000;
/// The number of attempts before giving up.
const MAX_ROUNDS: usize = 40;
/// The lowest number to use for new namespaces, above the numbers that idhooks itself uses.
const FIRST_NAMESPACE: u16 = 600;

/// The files that need identities, and the rules and registry that apply to them.
#[derive(Debug, Clone, Copy)]
pub struct RuleSuggestion<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's scope: six digits.
    pub scope: Scope,
    /// The files.
    pub tree: &'a Tree,
    /// The current registry; `None` during adoption.
    pub registry: Option<&'a Registry>,
}

impl RuleSuggestion<'_> {
    /// Returns additional rules that allow every file to be given an identity, if possible.
    pub fn rules(&self) -> Option<RuleAdditions> {
        let files = self.files();
        let mut rules = RuleAdditions::default();
        // Each round makes room in one counter, but its rules may fill another.
        for _ in 0..MAX_ROUNDS {
            let config = self.config.with(&rules).ok()?;
            let Some((counter, paths, left)) = self.overflow(&config, &files) else {
                return Some(rules).filter(|rules| *rules != RuleAdditions::default());
            };
            if !self.add_type(&config, &mut rules, counter, &paths) {
                self.add_namespaces(&config, &mut rules, counter, &paths, left)?;
            }
        }
        None
    }

    /// Returns the files that need identities.
    fn files(&self) -> Vec<&RepoPath> {
        let is_there = |path: &RepoPath| is_file(self.tree, path);
        let holders = self.registry.map(|registry| registry.holders(is_there));
        let is_held = |path: &RepoPath| holders.as_ref().is_some_and(|h| h.contains_key(path));
        let files = self.tree.iter().filter(|(_, entry)| entry.mode.is_file());
        let files = files.map(|(path, _)| path);
        files.filter(|path| self.config.tracks(path) && !is_held(path)).collect()
    }

    /// Returns a counter that has, with those in which it continues, too few sequences left for its
    /// files, along with those files and the number of sequences left.
    fn overflow<'p>(
        &self,
        config: &Config,
        files: &[&'p RepoPath],
    ) -> Option<(CounterKey, Vec<&'p RepoPath>, usize)> {
        let by_counter = grouped(files.iter().map(|path| {
            let (namespace, type_code) = (config.namespace_of(path), config.type_of(path));
            (CounterKey { namespace, type_code, scope: self.scope }, *path)
        }));
        let unused = Registry::new(self.scope);
        let registry = self.registry.unwrap_or(&unused);
        let used = sequences_used(registry, config.allocation.strategy);
        // All counters of a TYPE continue in the same ones, which thus fill up together.
        let mut in_others: BTreeMap<TypeCode, usize> = BTreeMap::new();
        let mut counters = by_counter.into_iter().map(|(counter, paths)| {
            let own = match Numbering::FORMAT.is_shared(counter.namespace) {
                true => 0,
                false => used.of(counter).left(),
            };
            let continued = in_others.entry(counter.type_code).or_default();
            let left = (used.of_chain(counter).left()).saturating_sub(*continued);
            *continued += paths.len().saturating_sub(own);
            (counter, paths, left)
        });
        counters.find(|(_, paths, left)| paths.len() > *left)
    }

    /// Adds a TYPE for the most common extension without one; returns whether a TYPE was added.
    fn add_type(
        &self,
        config: &Config,
        rules: &mut RuleAdditions,
        counter: CounterKey,
        paths: &[&RepoPath],
    ) -> bool {
        // During adoption, adding a single line would require writing out the whole table.
        if counter.type_code != config.default_type || config.types.source == TypeSource::New {
            return false;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for extension in paths.iter().filter_map(|path| plain_extension(path)) {
            *counts.entry(extension).or_default() += 1;
        }
        let common = counts.iter().max_by_key(|(_, count)| **count);
        // If there are many extensions with few files each, move those files together.
        let common = common.filter(|(_, count)| **count * 4 >= paths.len());
        let Some((extension, _)) = common else { return false };
        let is_new = config.types.get(extension.as_bytes()).is_none();
        match self.unused_type(config, extension).filter(|_| is_new) {
            Some(code) => rules.types.push((extension.clone(), code)),
            None => return false,
        }
        true
    }

    /// Returns an unused TYPE, preferably the one that new repositories use for the extension.
    fn unused_type(&self, config: &Config, extension: &str) -> Option<TypeCode> {
        let mut used: BTreeSet<TypeCode> = config.types.codes().collect();
        used.insert(config.default_type);
        used.extend(self.registry.iter().flat_map(|r| &r.allocations).map(|r| r.id.type_code()));
        let code = |(_, code): (&str, &str)| code.parse::<TypeCode>().ok();
        let usual = new_types().find(|(name, _)| *name == extension).and_then(code);
        let unusual = (93..100).chain(1..93).filter_map(|n| format!("{n:02}").parse().ok());
        // A TYPE with an established meaning stays reserved for that meaning.
        let known: BTreeSet<TypeCode> = new_types().filter_map(code).collect();
        let mut codes = usual.into_iter().chain(unusual.filter(|code| !known.contains(code)));
        codes.find(|code| !used.contains(code))
    }

    /// Moves files to other namespaces, except for up to `left` files. Returns `None` if that does
    /// not help.
    fn add_namespaces(
        &self,
        config: &Config,
        rules: &mut RuleAdditions,
        counter: CounterKey,
        paths: &[&RepoPath],
        left: usize,
    ) -> Option<()> {
        let mut used: BTreeSet<Namespace> = config.namespaces().collect();
        used.insert(counter.namespace);
        used.extend(self.registry.iter().flat_map(|r| &r.allocations).map(|r| r.id.namespace()));
        let known = |(_, ns): &(&str, &str)| ns.parse::<Namespace>().ok();
        used.extend(BUILT_IN_NAMESPACES.iter().filter_map(known));
        let numbers = (FIRST_NAMESPACE..1000).chain(1..FIRST_NAMESPACE);
        let all = numbers.filter_map(|n| format!("{n:03}").parse::<Namespace>().ok());
        let is_free = |ns: &Namespace| !used.contains(ns) && !Numbering::FORMAT.is_shared(*ns);
        let mut unused = all.filter(is_free);
        if counter.namespace == Namespace::OTHER
            && rules.rest.is_none()
            && paths.len() <= TARGET_SIZE
        {
            // No rule matches these files, so add one at the end.
            rules.rest = Some(unused.next()?);
            return Some(());
        }
        let paths: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
        let groups = globs_to_move(split_paths(&paths, TARGET_SIZE), left.min(TARGET_SIZE))?;
        let new: Option<Vec<_>> =
            groups.into_iter().map(|globs| Some((globs, unused.next()?))).collect();
        rules.first.splice(..0, new?);
        Some(())
    }
}

/// Returns a file's extension in lower case, if it can be used in a rule.
fn plain_extension(path: &RepoPath) -> Option<String> {
    let extension = path.extension()?;
    let is_plain = extension.iter().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then(|| String::from_utf8_lossy(extension).to_ascii_lowercase())
}

/// Returns the globs for the files to move, in groups of at most [`TARGET_SIZE`] files. Leaves at
/// most `room` files where they are, smallest pieces first. Returns `None` if too many files cannot
/// be moved.
fn globs_to_move(pieces: Vec<PathPiece>, room: usize) -> Option<Vec<Vec<String>>> {
    let fixed: usize = pieces.iter().filter(|p| p.glob.is_none()).map(|p| p.files).sum();
    let mut room = room.checked_sub(fixed)?;
    let mut movable: Vec<(usize, String)> =
        pieces.into_iter().filter_map(|piece| Some((piece.files, piece.glob?))).collect();
    movable.sort();
    let stays = movable.iter().take_while(|(files, _)| {
        let fits = *files <= room;
        room -= if fits { *files } else { 0 };
        fits
    });
    let stays = stays.count();
    let mut groups: Vec<(usize, Vec<String>)> = Vec::new();
    // Take the largest first, so that the groups fill up.
    for (files, glob) in movable.into_iter().skip(stays).rev() {
        match groups.iter_mut().find(|(taken, _)| taken + files <= TARGET_SIZE) {
            Some((taken, globs)) => {
                *taken += files;
                globs.push(glob);
            }
            None => groups.push((files, vec![glob])),
        }
    }
    for (_, globs) in &mut groups {
        globs.sort();
    }
    Some(groups.into_iter().map(|(_, globs)| globs).collect::<Vec<_>>()).filter(|g| !g.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Strategy;
    use idhooks_core::registry::{BlobId, Entry, Mode};

    fn tree(paths: impl Iterator<Item = String>) -> Tree {
        let blob = BlobId::from_bytes(&[7; 20]).expect("an id");
        let path = |text: String| RepoPath::new(text.into_bytes()).expect("a path");
        paths.map(|text| (path(text), Entry { mode: Mode::Regular, blob })).collect()
    }

    /// Returns a registry in which full counters cannot continue, apart from these numbers.
    fn full(left: u32) -> Registry {
        let head = r#"{"schema_version":"1.0","scope":"260118","allocations":[],"counters":"#;
        let floor = |ns: u32| {
            let floor = if ns == 980 { 99_999 - left } else { 99_999 };
            format!(r#""{ns}_24_260118":{{"floor":{floor}}}"#)
        };
        let floors: Vec<String> = (980..1000).map(floor).collect();
        let text = format!("{head}{{{}}}}}", floors.join(","));
        Registry::parse(text.as_bytes()).expect("a registry")
    }

    fn lines(config: &Config, registry: &Registry, tree: &Tree) -> Vec<String> {
        let need = RuleSuggestion { config, scope: registry.scope, tree, registry: Some(registry) };
        need.rules()
            .map(|rules| crate::config_template::lines_to_add(&rules, config))
            .unwrap_or_default()
    }

    #[test]
    fn one_flat_directory_is_split_by_names() {
        let config = Config::for_adoption(Strategy::Scattered);
        let files = tree((0..990).map(|n| format!("f{n:03}.go")));
        let shown = lines(&config, &full(0), &files);
        assert_eq!(shown[shown.len() - 3..], ["[[namespaces]]", "path = \"**\"", "ns = \"600\""]);
        // The built-in rules are kept.
        assert_eq!(shown.len(), 3 * (1 + BUILT_IN_NAMESPACES.len()));
        // The counter is not even full.
        let unused = Registry::new("260118".parse().expect("valid"));
        assert_eq!(lines(&config, &unused, &files), [""; 0]);
        let many = tree((0..80_990).map(|n| format!("f{n:05}.go")));
        let shown = lines(&config, &full(0), &many);
        let globs: Vec<String> = (0..8).map(|n| format!("\"/f{n}*\"")).collect();
        assert_eq!(shown[1], format!("path = [{}]", globs.join(", ")));
        assert_eq!(lines(&config, &unused, &many), [""; 0]);
    }

    #[test]
    fn the_largest_directory_gets_a_namespace() {
        let config = Config::for_adoption(Strategy::Sequential);
        let dirs = [("a", 300), ("b", 500), ("c", 210)];
        let files = dirs.iter().flat_map(|(d, n)| (0..*n).map(move |n| format!("{d}/{n}.go")));
        let files = tree(files);
        assert_eq!(lines(&config, &full(1_010), &files), [""; 0]);
        let shown = lines(&config, &full(1_009), &files);
        assert_eq!(shown[shown.len() - 2..], ["path = \"**\"", "ns = \"600\""]);
    }

    #[test]
    fn names_that_cannot_be_pasted_allow_no_suggestion() {
        let config = Config::for_adoption(Strategy::Scattered);
        let files = tree((0..80_990).map(|n| format!("a\nb/{n}.go")));
        assert_eq!(lines(&config, &full(0), &files), [""; 0]);
    }
}
