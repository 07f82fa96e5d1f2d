//! `idhooks.toml`: which files are tracked, their TYPE and namespace, and the thresholds. This
//! module does no I/O.

mod any_depth_globs;
mod base_tables;
mod component_glob;
mod config_error;
mod declared_table;
#[cfg(test)]
mod declared_tests;
mod describe;
mod dual_write;
mod embed_rule;
mod enforce;
mod generators;
mod gitignore;
mod glob_error;
mod globs;
mod identifiers;
mod links;
mod lint;
mod lint_classes;
mod lint_values;
mod migration_phase;
mod output_pattern;
mod own_files;
mod path_rules;
mod read;
mod read_generators;
mod read_lint;
mod reconcile;
mod record_field;
mod references;
mod rename_policy;
mod replace_rule;
mod required_version;
mod rule_additions;
mod rules;
mod site_rules;
mod time_span;
mod type_table;
mod value;
mod value_kinds;
mod watch;
mod web_address;
mod writable_fields;

pub use base_tables::{OnNew, Strategy};
pub use config_error::ConfigError;
pub use declared_table::{DeclaredKey, REQUIRED, ValueShape};
pub use describe::{ContentKind, DescribeRules, DescriptorKey, FileClass};
pub use dual_write::{DualWrite, Leading, LegacyFormat, PathForm, ReadyRule, VerifyLegacy};
pub use embed_rule::EmbedRule;
pub use enforce::Enforce;
pub use generators::{BuiltIn, Generator, GeneratorRun, RecordFilter, SortKey};
pub use glob_error::GlobError;
pub use globs::Globs;
pub use identifiers::{BridgeRule, ContextRule, FormatRule, PlacedText};
pub use links::{Forge, LinkRules, LinkTemplate, RepositoryAddress};
pub use lint::{LintAllowance, LintRules};
pub use lint_classes::{PathClass, PriorityClass, PriorityName};
pub use lint_values::{MinScore, PlaceholderRule};
pub use migration_phase::MigrationPhase;
pub use output_pattern::{OutputPathError, OutputPattern, legacy_attributes};
pub use own_files::{ATTRIBUTES_PATH, CONFIG_PATH, is_own};
pub use path_rules::{ModuleNaming, NameRule};
pub use reconcile::{CommitAuthor, HealPush, HealTarget, ReconcileRules, RemoteName};
pub use record_field::RecordField;
pub use references::{
    FrontMatterKey, Placeholder, ReferenceForm, ReferenceRules, ReferenceSeverity, ReferenceText,
};
pub use rename_policy::{RenameLimits, RenamePolicy};
pub use replace_rule::ReplaceRule;
pub use required_version::{RequiredVersion, version_numbers};
pub use rule_additions::{RuleAdditions, TemplateValues};
pub use rules::Config;
pub use site_rules::SitePage;
pub use time_span::{Days, TimeSpan};
pub use type_table::{
    BUILT_IN_NAMESPACES, BUILT_IN_TYPES, NEW_TYPES, TypeSource, TypeTable, new_types,
};
pub use value::nearest;
pub use watch::{OnChange, WatchNotify, WatchRules};
pub use web_address::WebAddress;
pub use writable_fields::{Writable, WritableError};

/// The JSON Schema for `idhooks.toml`, as printed by `idhooks schema config`. The file is generated
/// by a test.
pub const CONFIG_SCHEMA: &str = include_str!("schema.json");
