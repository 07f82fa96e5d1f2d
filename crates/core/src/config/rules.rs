//! [`Config`]: the content of `idhooks.toml`, and what it says about paths.

use std::sync::LazyLock;

use crate::embed::Style;
use crate::registry::{Namespace, RepoPath, Scope, TypeCode};

use super::base_tables::{
    AllocationRules, HookRules, PatchRules, ScheduleRules, Strategy, TrackRules,
};
use super::config_error::ConfigError;
use super::declared_table::{DeclaredKey, declared, settings};
use super::describe::{ClassRule, ContentKind, DescribeRules, FileClass};
use super::dual_write::DualWrite;
use super::embed_rule::EmbedRule;
use super::generators::Generator;
use super::globs::Globs;
use super::identifiers::{BridgeRule, CONTEXTS, ContextRule, FORMATS, FormatRule};
use super::links::LinkRules;
use super::lint::{LintRules, NO_LINT_RULES};
use super::output_pattern::{OutputPattern, legacy_attributes};
use super::own_files::is_own;
use super::path_rules::{NameRule, NamespaceRule};
use super::read_generators::Generators;
use super::reconcile::ReconcileRules;
use super::references::ReferenceRules;
use super::rename_policy::RenamePolicy;
use super::required_version::RequiredVersion;
use super::type_table::{BUILT_IN_NAMESPACES, TypeSource, TypeTable};
use super::value::Value;
use super::value_kinds::{Boxed, Custom, Each, Opt, Rules, TableOf};
use super::watch::WatchRules;

settings! {
    /// The content of `idhooks.toml`; missing keys have their default values.
    #[derive(Debug, Clone)]
    pub struct Config {
        /// Last six digits of every identity, written by `init`; never change it.
        "scope" => pub scope: Option<Scope>, "`\"YYMMDD\"` of adoption", Opt(SCOPE),
            line "\"260118\"", "last six digits of every identity; never change it";
        /// Other scopes that imported identities may have.
        "legacy_scopes" => pub legacy_scopes: Vec<Scope>, "[]", Each(SCOPE),
            line "scopes that imported identities may carry";
        /// Minimum version of idhooks that this file requires, such as `">=0.1"`.
        "requires" => pub requires: Option<RequiredVersion>, "none", Custom(
            read_version,
            r#""type": "string", "pattern": "^>=\\s*[0-9]+(\\.[0-9]+){0,2}$""#,
        ), line "\">=0.1\"", "oldest version of idhooks that can read this file";
        /// Which files get an identity.
        "track" => pub track: TrackRules, "", TableOf("track");
        /// Rules: files that [contain their identity](identities-in-files.md); the first match wins.
        "embed" => pub(super) embed: Vec<EmbedRule>, "none", Rules("embed", "");
        /// TYPE of files whose extension is not in `types`.
        "default_type" => pub default_type: TypeCode = TypeCode::OTHER, "\"00\"",
            Custom(|value| value.parsed(TYPE_FORM), r#""type": "string", "pattern": "^[0-9]{2}$""#),
            line "TYPE of files that [types] does not name";
        /// Maps extensions to TYPEs of two digits; `init` writes a larger table into the file.
        "types" => pub types: TypeTable = TypeTable::built_in(), "[built-in table](#the-table-of-types)", Custom(
            |value| value.types(TYPE_FORM),
            r#""type": "object", "additionalProperties": { "type": "string", "pattern": "^[0-9]{2}$" }"#,
        );
        /// Rules: namespaces by path; your list replaces the built-in one; the first match wins, everything else is
        /// `999`.
        "namespaces" => pub(super) namespaces: Option<Vec<NamespaceRule>>,
            "[built-in rules](#the-built-in-namespaces)", Opt(Rules("namespaces", ""));
        /// Rules: files that `idhooks rename --to-id-prefix --all` prefixes with their identity; 5 to 24 digits
        /// before a `_` in their names that are not an identity are a finding; the first match wins.
        "file_names" => pub(super) file_names: Vec<NameRule>, "none", Rules("file_names", "");
        /// How new files get identities.
        "allocation" => pub allocation: AllocationRules, "", TableOf("allocation");
        /// How renames are detected.
        "rename" => pub rename: RenamePolicy, "", TableOf("rename");
        /// What the hooks do.
        "hooks" => pub hooks: HookRules, "", TableOf("hooks");
        /// What `idhooks patch` may do.
        "patch" => pub patch: PatchRules, "", TableOf("patch");
        /// What the scheduled jobs do.
        "schedule" => pub schedule: ScheduleRules, "", TableOf("schedule");
        /// Facts about Python files, as `idhooks describe` prints them.
        "describe" => pub describe: DescribeRules, "", TableOf("describe");
        /// Rules: [classes of files](automation.md#classes-of-files); the first match wins.
        "classify" => pub(super) classify: Vec<ClassRule>, "none", Rules("classify", "");
        /// Rules: [files that are generated](automation.md#generators) from records and other files.
        "generators" => pub generators: Vec<Generator>, "none", Generators;
        /// Tables `[formats.NAME]`: [formats of identifiers that programs mint](identifiers-in-code.md#formats).
        "formats" => pub formats: Vec<FormatRule>, "none", FORMATS;
        /// Tables `[contexts.NAME]`: formats of
        /// [identifiers that are minted together](identifiers-in-code.md#contexts).
        "contexts" => pub contexts: Vec<ContextRule>, "none", CONTEXTS;
        /// Rules: how to translate identifiers of one format into another.
        "bridge" => pub bridge: Vec<BridgeRule>, "none", Rules("bridge", "");
        /// How `idhooks lint` checks identifiers in code.
        "lint" => pub(super) lint: Option<Box<LintRules>>, "", Opt(Boxed(TableOf("lint")));
        /// A legacy registry file that every commit keeps in step with the registry.
        "dual_write" => pub dual_write: Option<Box<DualWrite>>, "", Opt(Boxed(TableOf("dual_write")));
        /// How `idhooks reconcile --commit` and `idhooks schedule run hourly` repair the registry.
        "reconcile" => pub reconcile: ReconcileRules, "", TableOf("reconcile");
        /// Where [links](links.md) to identities and files lead.
        "links" => pub links: LinkRules, "", TableOf("links");
        /// How [references](references.md) to files are written and searched.
        "references" => pub(super) references: Option<Box<ReferenceRules>>, "", Opt(Boxed(TableOf("references")));
        /// How `idhooks watch` works.
        "watch" => pub watch: WatchRules, "", TableOf("watch");
    }
}

/// The rules that apply if `idhooks.toml` has no `namespaces`.
static BUILT_IN: LazyLock<Vec<NamespaceRule>> = LazyLock::new(|| {
    let rule = |(glob, code): &(&str, &str)| NamespaceRule {
        path: Globs::new([*glob]).unwrap_or_default(),
        ns: code.parse().unwrap_or(Namespace::OTHER),
    };
    BUILT_IN_NAMESPACES.iter().map(rule).collect()
});

const SCOPE: Custom<Scope> = Custom(
    |value| value.parsed("six digits in quotes, such as \"260118\""),
    r#""type": "string", "pattern": "^[0-9]{6}$""#,
);
const TYPE_FORM: &str = "two digits in quotes, such as \"20\"";

/// Rejects a file that requires a newer version of idhooks.
fn read_version(value: &Value<'_>) -> Result<Option<RequiredVersion>, ConfigError> {
    let form = "a version such as \">=0.1\"";
    let text = value.string(form)?;
    let required = RequiredVersion::parse(text);
    let required = required.ok_or_else(|| value.error(format!("expected {form}")))?;
    let own = env!("CARGO_PKG_VERSION");
    if !required.accepts(own) {
        let mut error =
            value.error(format!("this file needs idhooks {required}, but this is {own}"));
        error.hint = Some("install a newer idhooks".to_owned());
        error.required_version = Some(required);
        return Err(error);
    }
    Ok(Some(required))
}

impl Config {
    /// Returns the keys that `idhooks.toml` may contain.
    pub fn keys() -> Vec<DeclaredKey> {
        declared::<Config>()
    }

    /// Returns the configuration of a newly adopted repository without an `idhooks.toml`.
    pub fn for_adoption(strategy: Strategy) -> Self {
        let allocation = AllocationRules { strategy, ..AllocationRules::default() };
        Config { allocation, ..Config::default() }.with_new_types()
    }

    /// Returns whether the configuration has rules for identifiers in code.
    pub fn has_lint(&self) -> bool {
        self.lint.is_some()
    }

    /// Returns the rules for identifiers in code, or their defaults.
    pub fn lint(&self) -> &LintRules {
        self.lint.as_deref().unwrap_or(&NO_LINT_RULES)
    }

    /// Returns this configuration with the TYPE table for new repositories, unless it has a TYPE
    /// table of its own.
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
            && self.track.include.matches(path)
            && !self.track.exclude.matches(path)
    }

    /// Returns whether the watcher looks at a file, provided that git does not ignore it.
    pub fn watches(&self, path: &RepoPath) -> bool {
        (self.tracks(path) || is_own(path)) && !self.watch.excluded().matches(path)
    }

    /// Returns whether the watcher looks at files in a directory, provided that git does not ignore
    /// them.
    pub fn watches_dir(&self, dir: &RepoPath) -> bool {
        // A glob that matches a directory matches everything in it, whatever its name.
        let any = RepoPath::new(*b"_").map(|name| dir.join(&name));
        any.is_ok_and(|any| {
            !self.track.exclude.matches(&any) && !self.watch.excluded().matches(&any)
        })
    }

    /// Returns whether a file is the legacy registry file. Its content is derived from the
    /// registry, so giving it an identity would change its content again.
    pub fn is_legacy_file(&self, path: &RepoPath) -> bool {
        self.dual_write.as_ref().is_some_and(|rules| rules.legacy == *path)
    }

    /// Returns whether every regular file except idhooks' own gets an identity.
    pub fn tracks_everything(&self) -> bool {
        self.dual_write.is_none()
            && self.track.include.everything
            && self.track.exclude.is_nothing()
    }

    /// Returns whether a file at `path` should carry its identity in its content, so that an
    /// identity found there counts.
    pub fn embeds(&self, path: &RepoPath) -> bool {
        self.embed_rule(path).is_some()
    }

    /// Returns the rule that makes a file carry its identity in its content.
    pub fn embed_rule(&self, path: &RepoPath) -> Option<&EmbedRule> {
        let first = self.embed.iter().find(|rule| rule.globs.matches(path));
        first.filter(|rule| rule.is_to_carry && self.tracks(path))
    }

    /// Returns the style in which a file carries its identity, if the rules name one.
    pub fn embed_style(&self, path: &RepoPath) -> Option<Style> {
        self.embed_rule(path)?.style
    }

    /// Returns whether any files should carry their identity in their content.
    pub fn embeds_anything(&self) -> bool {
        self.embed.iter().any(|rule| rule.is_to_carry)
    }

    /// Returns whether a repository with the scope `own` accepts identities with the given scope.
    pub fn knows_scope(&self, own: Scope, scope: Scope) -> bool {
        scope == own || self.legacy_scopes.contains(&scope)
    }

    /// Returns a file's TYPE, which depends on its extension, ignoring case.
    pub fn type_of(&self, path: &RepoPath) -> TypeCode {
        let known = path.extension().and_then(|extension| self.types.get(extension));
        known.unwrap_or(self.default_type)
    }

    /// Returns a file's namespace, according to the first rule that matches its path.
    pub fn namespace_of(&self, path: &RepoPath) -> Namespace {
        let first = self.namespace_rules().iter().find(|rule| rule.path.matches(path));
        first.map_or(Namespace::OTHER, |rule| rule.ns)
    }

    /// Returns the namespace rules in `idhooks.toml` or, if there are none, the built-in ones.
    pub(super) fn namespace_rules(&self) -> &[NamespaceRule] {
        self.namespaces.as_ref().unwrap_or(&BUILT_IN)
    }

    /// Returns the first name rule that matches a file's path.
    pub fn name_rule(&self, path: &RepoPath) -> Option<&NameRule> {
        self.file_names.iter().find(|rule| rule.path.matches(path))
    }

    /// Returns a file's class and kind, according to the first rule that matches its path.
    pub fn classify(&self, path: &RepoPath) -> FileClass<'_> {
        let rule = self.classify.iter().find(|rule| rule.globs.matches(path));
        FileClass {
            class: rule.map(|rule| &*rule.class),
            kind: rule.and_then(|rule| rule.kind).unwrap_or_else(|| ContentKind::of(path)),
        }
    }

    /// Returns whether the registry stores facts about a file's content.
    pub fn stores_facts_of(&self, path: &RepoPath) -> bool {
        !self.describe.store.is_empty() && self.describe.path.matches(path) && self.tracks(path)
    }

    /// Returns the `.gitattributes` lines that assign the merge drivers to derived files: the
    /// outputs for which `is_written` returns true, and the legacy file.
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

    /// Returns whether a generator produces the file at a path.
    pub fn is_output(&self, path: &RepoPath) -> bool {
        let mut outputs = self.generators.iter().flat_map(|generator| &generator.outputs);
        outputs.any(|output| output.matches(path.as_bytes()))
    }

    /// Returns whether any files' names should begin with their identity.
    pub fn prefixes_anything(&self) -> bool {
        self.file_names.iter().any(|rule| rule.id_prefix)
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
        // Without a table of types in idhooks.toml, a file's TYPE stays the same.
        assert_eq!(code("main.go"), "00999");
        let new = Config::for_adoption(Strategy::Scattered);
        assert_eq!(new.type_of(&path("main.go")).to_string(), "24");
        for (_, code) in BUILT_IN_TYPES.iter().copied().chain(new_types()) {
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
