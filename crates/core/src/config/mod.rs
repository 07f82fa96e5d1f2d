//! `idhooks.toml`: which files are tracked, their TYPE and namespace, and the thresholds. Pure.

mod additions;
pub mod attributes;
mod classic;
mod component_glob;
mod config_error;
mod describe;
mod dual_write;
mod dual_write_text;
mod generators;
mod globs;
mod identifiers;
mod lint;
mod output_pattern;
mod own_files;
mod read;
mod read_describe;
mod read_dual_write;
mod read_embed;
mod read_generators;
mod read_identifiers;
mod read_lint;
mod read_reconcile;
mod read_watch;
mod reconcile;
mod record_field;
mod replace_rule;
mod rules;
mod table;
pub mod template;
mod time_span;
mod value;
mod watch;
mod writable;

pub use additions::RuleAdditions;
pub use attributes::ATTRIBUTES_LINE;
pub use classic::{Classic, Remark};
pub use config_error::ConfigError;
pub use describe::{ContentKind, DescribeRules, DescriptorKey, FileClass};
pub use dual_write::{DualWrite, Leading, LegacyFormat, VerifyLegacy};
pub use dual_write_text::{with_dual_write, without_dual_write};
pub use generators::{BuiltIn, Generator, GeneratorAction, GeneratorRun, RecordFilter, SortKey};
pub use globs::Globs;
pub use identifiers::{BridgeRule, ContextRule, FormatRule, IdentifierRules, PlacedText};
pub use lint::{LintAllowance, LintRules, MinScore, PathClass, PriorityClass};
pub use output_pattern::{OutputPattern, legacy_attributes};
pub use own_files::{ATTRIBUTES_PATH, CONFIG_PATH, is_own};
pub use reconcile::{CommitAuthor, HealTarget, ReconcileRules};
pub use record_field::RecordField;
pub use replace_rule::ReplaceRule;
pub use rules::{
    Config, EmbedRule, Enforce, ModuleNaming, NameRule, OnNew, RenamePolicy, Strategy,
};
pub use table::{BUILT_IN_NAMESPACES, BUILT_IN_TYPES, NEW_TYPES, TypeSource, TypeTable, new_types};
pub use time_span::{Days, TimeSpan};
pub use value::nearest;
pub use watch::{OnChange, WatchNotify, WatchRules};
pub use writable::Writable;

/// The JSON Schema of `idhooks.toml`, as `idhooks schema config` prints it.
pub const CONFIG_SCHEMA: &str = include_str!("schema.json");
