//! [`Config`]: the content of `idhooks.toml`, and the answers to what it says about a path.

use crate::embed::Style;
use crate::registry::{Namespace, RepoPath, Scope, TypeCode};

use super::describe::{ClassRule, ContentKind, DescribeRules, FileClass};
use super::dual_write::DualWrite;
use super::generators::Generator;
use super::globs::{Globs, glob_of};
use super::identifiers::IdentifierRules;
use super::lint::{LintRules, NO_LINT_RULES};
use super::output_pattern::{OutputPattern, legacy_attributes};
use super::own_files::is_own;
use super::reconcile::ReconcileRules;
use super::rename_policy::RenamePolicy;
use super::table::{BUILT_IN_NAMESPACES, TypeSource, TypeTable};
use super::time_span::Days;
use super::watch::WatchRules;
use super::writable::Writable;

crate::words! {
    /// The way in which the sequence of a new identity is chosen.
    #[derive(Default)]
    pub enum Strategy, help {
        /// Spread out: parallel branches practically never choose the same number.
        #[default]
        Scattered = "scattered",
            "Spread out: parallel branches practically never choose the same number";
        /// The next number: no gaps, but merging parallel branches renumbers one side.
        Sequential = "sequential",
            "The next number: no gaps, but merging parallel branches renumbers one side";
    }
}

crate::words! {
    /// The treatment of new files without an identity.
    #[derive(Default)]
    pub enum OnNew {
        /// The hook allocates one.
        #[default]
        Allocate = "allocate",
        /// The commit is blocked until the user allocates one.
        Require = "require",
    }
}

crate::words! {
    /// The treatment of commits with findings.
    #[derive(Default)]
    pub enum Enforce {
        /// The commit is blocked.
        #[default]
        Block = "block",
        /// The commit passes with warnings, unless the registry is corrupt.
        Warn = "warn",
    }
}

crate::words! {
    /// The prefix of the names of Python modules, where a leading digit would break imports.
    #[derive(Default)]
    pub enum ModuleNaming {
        /// `P_` before the digits.
        #[default]
        Lead = "lead",
        /// None: modules keep their names.
        Refuse = "refuse",
    }
}

/// A rule for files that carry their identity inside, or do not.
#[derive(Debug, Clone)]
pub struct EmbedRule {
    pub(super) globs: Globs,
    pub(super) is_to_carry: bool,
    /// How the identity is written; nothing for what is usual for the kind of file.
    pub(super) style: Option<Style>,
    /// The line of `idhooks.toml` on which the rule begins, counted from 1.
    pub line: usize,
}

impl EmbedRule {
    /// Returns the glob of the rule that matches a path.
    pub fn glob_of(&self, path: &RepoPath) -> Option<&str> {
        self.globs.matching(path)
    }

    /// Returns the keys of a rule that excludes only this file, as TOML; `None` if no glob can name
    /// the file.
    pub fn exclusion(path: &RepoPath) -> Option<String> {
        let glob = toml::Value::from(glob_of(path)?);
        Some(format!("path = {glob} and embed = false"))
    }
}

/// A rule for the names of some files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRule {
    /// Whether `rename --all` makes the names begin with the identity.
    pub id_prefix: bool,
    /// The treatment of Python modules.
    pub modules: ModuleNaming,
}

/// The content of `idhooks.toml`; absent keys have their defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// The scope of the repository, if the file names it.
    pub scope: Option<Scope>,
    /// Scopes that imported identities may carry.
    pub legacy_scopes: Vec<Scope>,
    /// The way in which sequences are chosen.
    pub strategy: Strategy,
    /// The treatment of new files.
    pub on_new: OnNew,
    /// The options for finding renames.
    pub rename: RenamePolicy,
    /// The treatment of commits with findings.
    pub enforce: Enforce,
    /// Whether the audit log of a clone has the commits made there that change the registry.
    pub audits_commits: bool,
    /// The fields that other programs may change with a patch.
    pub writable: Writable,
    /// The age from which scheduled runs purge deprecated records, if they do.
    pub purge: Option<Days>,
    /// How the reconciler repairs the registry.
    pub reconcile: ReconcileRules,
    /// The legacy registry file that is kept in step, if the file has the table.
    pub dual_write: Option<Box<DualWrite>>,
    /// How the watcher works.
    pub watch: WatchRules,
    /// The TYPE of each extension.
    pub types: TypeTable,
    /// The TYPE of every other file.
    pub default_type: TypeCode,
    pub(super) include: Globs,
    pub(super) exclude: Globs,
    /// The rules for files that carry their identity inside; the first match counts.
    pub(super) embed: Vec<EmbedRule>,
    pub(super) namespaces: Vec<(Globs, Namespace)>,
    /// Whether `idhooks.toml` has namespaces; otherwise [`BUILT_IN_NAMESPACES`] apply.
    pub(super) has_own_namespaces: bool,
    pub(super) file_names: Vec<(Globs, NameRule)>,
    /// The rules for the facts about Python files.
    pub describe: DescribeRules,
    /// The rules for the classes of files; the first match counts.
    pub(super) classify: Vec<ClassRule>,
    /// The files that are made from records and other files.
    pub generators: Vec<Generator>,
    /// The formats of identifiers in code.
    pub identifiers: IdentifierRules,
    /// How identifiers in code are checked.
    pub(super) lint: Option<Box<LintRules>>,
}

impl Default for Config {
    fn default() -> Self {
        let namespaces = BUILT_IN_NAMESPACES.iter().map(|(glob, code)| {
            let globs = Globs::new([*glob]).unwrap_or_default();
            (globs, code.parse().unwrap_or(Namespace::OTHER))
        });
        Config {
            scope: None,
            legacy_scopes: Vec::new(),
            strategy: Strategy::default(),
            on_new: OnNew::default(),
            rename: RenamePolicy::default(),
            enforce: Enforce::default(),
            audits_commits: true,
            writable: Writable::default(),
            purge: None,
            reconcile: ReconcileRules::default(),
            dual_write: None,
            watch: WatchRules::default(),
            types: TypeTable::built_in(),
            default_type: TypeCode::OTHER,
            include: Globs::everything(),
            exclude: Globs::default(),
            embed: Vec::new(),
            namespaces: namespaces.collect(),
            has_own_namespaces: false,
            file_names: Vec::new(),
            describe: DescribeRules::default(),
            classify: Vec::new(),
            generators: Vec::new(),
            identifiers: IdentifierRules::default(),
            lint: None,
        }
    }
}

impl Config {
    /// Returns the configuration of a newly adopted repository without an `idhooks.toml`.
    pub fn for_adoption(strategy: Strategy) -> Self {
        Config { strategy, ..Config::default() }.with_new_types()
    }

    /// Returns whether it says how identifiers in code are checked.
    pub fn has_lint(&self) -> bool {
        self.lint.is_some()
    }

    /// Returns how identifiers in code are checked.
    pub fn lint(&self) -> &LintRules {
        self.lint.as_deref().unwrap_or(&NO_LINT_RULES)
    }

    /// Returns this configuration with the TYPE table of new repositories, unless it has one.
    #[must_use]
    pub fn with_new_types(self) -> Self {
        match self.types.source {
            TypeSource::Config => self,
            TypeSource::BuiltIn | TypeSource::New => {
                Config { types: TypeTable::for_adoption(), ..self }
            }
        }
    }

    /// Returns whether a regular file at `path` gets an identity.
    pub fn tracks(&self, path: &RepoPath) -> bool {
        !is_own(path)
            && !self.is_legacy_file(path)
            && self.include.matches(path)
            && !self.exclude.matches(path)
    }

    /// Returns whether the watcher looks at a file, unless git ignores it.
    pub fn watches(&self, path: &RepoPath) -> bool {
        (self.tracks(path) || is_own(path)) && !self.watch.excluded().matches(path)
    }

    /// Returns whether the watcher looks at any file of a directory, unless git ignores it.
    pub fn watches_dir(&self, dir: &RepoPath) -> bool {
        // A glob that matches a directory matches every name in it.
        let any = RepoPath::new(*b"_").map(|name| dir.join(&name));
        any.is_ok_and(|any| !self.exclude.matches(&any) && !self.watch.excluded().matches(&any))
    }

    /// Returns whether a file is the legacy registry file: its content is derived from the registry,
    /// so an identity of its own would change it.
    pub fn is_legacy_file(&self, path: &RepoPath) -> bool {
        self.dual_write.as_ref().is_some_and(|rules| rules.legacy == *path)
    }

    /// Returns whether every regular file except idhooks' own gets an identity.
    pub fn tracks_everything(&self) -> bool {
        self.dual_write.is_none() && self.include.everything && self.exclude.is_nothing()
    }

    /// Returns whether a file at `path` should carry its identity inside, so that an identity in it
    /// counts.
    pub fn embeds(&self, path: &RepoPath) -> bool {
        self.embed_rule(path).is_some()
    }

    /// Returns the rule that decides whether a file carries its identity inside.
    pub fn embed_rule(&self, path: &RepoPath) -> Option<&EmbedRule> {
        let first = self.embed.iter().find(|rule| rule.globs.matches(path));
        first.filter(|rule| rule.is_to_carry && self.tracks(path))
    }

    /// Returns how the rules say that a file carries its identity, if they do.
    pub fn embed_style(&self, path: &RepoPath) -> Option<Style> {
        self.embed_rule(path)?.style
    }

    /// Returns whether some files should carry their identity inside.
    pub fn embeds_anything(&self) -> bool {
        self.embed.iter().any(|rule| rule.is_to_carry)
    }

    /// Returns whether a repository with the scope `own` accepts identities of this scope.
    pub fn knows_scope(&self, own: Scope, scope: Scope) -> bool {
        scope == own || self.legacy_scopes.contains(&scope)
    }

    /// Returns the TYPE of a file, from its extension in any case.
    pub fn type_of(&self, path: &RepoPath) -> TypeCode {
        let known = path.extension().and_then(|extension| self.types.get(extension));
        known.unwrap_or(self.default_type)
    }

    /// Returns the namespace of a file, from the first rule that matches its path.
    pub fn namespace_of(&self, path: &RepoPath) -> Namespace {
        let first = self.namespaces.iter().find(|(globs, _)| globs.matches(path));
        first.map_or(Namespace::OTHER, |(_, code)| *code)
    }

    /// Returns the name rule of a file, from the first rule that matches its path.
    pub fn name_rule(&self, path: &RepoPath) -> Option<NameRule> {
        self.file_names.iter().find(|(globs, _)| globs.matches(path)).map(|(_, rule)| *rule)
    }

    /// Returns the class and the kind of a file, from the first rule that matches its path.
    pub fn classify(&self, path: &RepoPath) -> FileClass<'_> {
        let rule = self.classify.iter().find(|rule| rule.globs.matches(path));
        FileClass {
            class: rule.map(|rule| &*rule.class),
            kind: rule.and_then(|rule| rule.kind).unwrap_or_else(|| ContentKind::of(path)),
        }
    }

    /// Returns whether the registry keeps facts about the content of a file.
    pub fn stores_facts_of(&self, path: &RepoPath) -> bool {
        !self.describe.store.is_empty() && self.describe.path.matches(path) && self.tracks(path)
    }

    /// Returns the lines of `.gitattributes` that assign the merge drivers of derived files: of the
    /// outputs that are written, and of the legacy file.
    pub fn attribute_lines(&self, is_written: impl Fn(&OutputPattern) -> bool) -> Vec<String> {
        let outputs = self.generators.iter().flat_map(|generator| &generator.outputs);
        let outputs = outputs.filter(|output| is_written(output));
        let legacy = self.dual_write.iter().map(|rules| legacy_attributes(&rules.legacy));
        outputs.map(OutputPattern::attributes_line).chain(legacy).collect()
    }

    /// Returns whether commits run generators.
    pub fn generates_in_commits(&self) -> bool {
        self.generators.iter().any(Generator::runs_in_commits)
    }

    /// Returns whether a generator makes the file at a path.
    pub fn is_output(&self, path: &RepoPath) -> bool {
        let mut outputs = self.generators.iter().flat_map(|generator| &generator.outputs);
        outputs.any(|output| output.matches(path.as_bytes()))
    }

    /// Returns whether some names should begin with the identity.
    pub fn prefixes_anything(&self) -> bool {
        self.file_names.iter().any(|(_, rule)| rule.id_prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BUILT_IN_TYPES, new_types};

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    #[test]
    fn the_built_in_tables_are_valid_and_apply() {
        let config = Config::default();
        let code =
            |p: &str| format!("{}{}", config.type_of(&path(p)), config.namespace_of(&path(p)));
        assert_eq!(code("docs/a/b.md"), "01100");
        assert_eq!(code("data/x.CSV"), "10110");
        assert_eq!(code("scripts/python/x.py"), "20200");
        assert_eq!(code("scripts/powershell/x.ps1"), "21201");
        assert_eq!(code("scripts/mq4/x.mq4"), "22202");
        assert_eq!(code("storage/x.db"), "30300");
        assert_eq!(code("assets/x.png"), "41400");
        assert_eq!(code("logs/x.log"), "42410");
        assert_eq!(code("reports/x.html"), "43420");
        assert_eq!(code("bin/x.exe"), "50500");
        assert_eq!(code("a/docs/x.yml"), "12999");
        assert_eq!(code("Makefile"), "00999");
        // The TYPE of files without a table in idhooks.toml never changes.
        assert_eq!(code("main.go"), "00999");
        let new = Config::for_adoption(Strategy::Scattered);
        assert_eq!(new.type_of(&path("main.go")).to_string(), "24");
        for (_, code) in BUILT_IN_TYPES.iter().chain(new_types()) {
            assert!(code.parse::<TypeCode>().is_ok());
        }
        for (glob, code) in BUILT_IN_NAMESPACES {
            assert!(code.parse::<Namespace>().is_ok() && Globs::new([*glob]).is_ok());
        }
    }

    #[test]
    fn own_files_are_never_tracked() {
        let config = Config::default();
        for own in [".idhooks/registry.json", "idhooks.toml", ".gitattributes", ".idhooks/x/y"] {
            assert!(!config.tracks(&path(own)), "{own}");
        }
        for other in ["a/.gitattributes", "a/idhooks.toml", ".idhooks2", ".gitignore"] {
            assert!(config.tracks(&path(other)), "{other}");
        }
    }
}
