//! The tables `[track]`, `[allocation]`, `[hooks]`, `[patch]` and `[schedule]`.

use super::config_error::ConfigError;
use super::declared_table::settings;
use super::enforce::Enforce;
use super::globs::Globs;
use super::time_span::Days;
use super::value::Value;
use super::value_kinds::{BOOLEAN, Custom, GLOBS, OneOf, Opt};
use super::writable_fields::Writable;

settings! {
    /// Which files get an identity.
    #[derive(Debug, Clone)]
    pub struct TrackRules {
        /// Gitignore-style globs: files that get an identity.
        "include" => pub(super) include: Globs = Globs::everything(), "[\"**\"]", GLOBS, line "";
        /// Gitignore-style globs: files that get no identity, even if `include` matches them.
        "exclude" => pub(super) exclude: Globs, "[]", GLOBS, line "";
    }
}

settings! {
    /// How new files get identities.
    #[derive(Debug, Clone)]
    pub struct AllocationRules {
        /// `"scattered"`: merging branches practically never renumbers; `"sequential"`: dense numbers, but merging
        /// parallel branches renumbers one side.
        "strategy" => pub strategy: Strategy, "\"scattered\"", OneOf,
            line "\"scattered\": merges never change numbers; \"sequential\": dense numbers";
        /// `"require"`: a new file without an identity blocks the commit.
        "on_new" => pub on_new: OnNew, "\"allocate\"", OneOf,
            line "\"require\": a new file without an identity blocks the commit";
    }
}

settings! {
    /// What the hooks do.
    #[derive(Debug, Clone)]
    pub struct HookRules {
        /// `false`: commits that change the registry are not recorded in the
        /// [audit log](changing-identities.md#the-audit-log) of a clone.
        "audit" => pub audit: bool = true, "true", BOOLEAN;
        /// `"warn"`: findings that corrupt nothing only warn.
        "enforce" => pub enforce: Enforce, "\"block\"", OneOf,
            line "\"warn\": findings only warn, unless the registry is corrupt";
    }
}

settings! {
    /// What other programs may do.
    #[derive(Debug, Clone)]
    pub struct PatchRules {
        /// Fields of records that `idhooks patch` may change: `metadata` (every key that idhooks does not use itself),
        /// `metadata.<key>`, `status`, `file_path`.
        "writable" => pub writable: Writable, "[\"metadata\"]", Custom(
            read_writable,
            r#""type": "array", "items": { "type": "string", "pattern": "^(status|file_path|metadata(\\..+)?)$" }"#,
        ), line "also: \"metadata.<key>\", \"status\", \"file_path\"";
    }
}

settings! {
    /// What the scheduled jobs do.
    #[derive(Debug, Clone)]
    pub struct ScheduleRules {
        /// Time span such as `"90d"`: the monthly run of `idhooks schedule`
        /// [purges](runbook.md#purging-on-a-schedule) records deprecated longer ago than this.
        "purge" => pub purge: Option<Days>, "none", Opt(Custom(
            |value| value.parsed("a time span in quotes, such as \"90d\""),
            r#""type": "string", "pattern": "^([0-9]{1,9}d|[0-9]{1,8}w|[0-9]{1,7}y)$""#,
        )), line "\"90d\"", "stages tombstones of what was deprecated longer ago";
    }
}

crate::words! {
    /// How the sequence of a new identity is chosen.
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
    /// What happens to new files without an identity.
    #[derive(Default)]
    pub enum OnNew {
        /// The hook allocates one.
        #[default]
        Allocate = "allocate",
        /// The commit is blocked until the user allocates one.
        Require = "require",
    }
}

fn read_writable(value: &Value<'_>) -> Result<Writable, ConfigError> {
    // A list replaces the default, which contains `metadata`.
    let mut writable = Writable::nothing();
    for item in value.array()? {
        let name = item.string("the name of a field in quotes, such as \"metadata\"")?;
        writable.allow(name).map_err(|why| item.error(why.to_string()))?;
    }
    Ok(writable)
}
