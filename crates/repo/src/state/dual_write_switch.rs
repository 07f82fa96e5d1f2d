//! [`DualWriteSwitch`]: whether this process writes the legacy file.

use idhooks_core::config::DualWrite;

use crate::environment::Environment;

/// Whether this process writes the legacy file, and which setting determines this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DualWriteSwitch {
    /// Whether this process writes the legacy file.
    pub is_on: bool,
    /// The environment variable that determines this, with its value, or `None` if the rules
    /// determine it.
    pub variable: Option<String>,
    /// The environment variable that has an invalid value, if any. In this case, the rules apply.
    pub invalid: Option<String>,
}

impl DualWriteSwitch {
    /// The environment variable that controls dual write.
    pub const VARIABLE: &str = "IDHOOKS_DUAL_WRITE";

    /// Returns the setting from the environment. If no variable is set, the rules apply.
    pub fn of(environment: &Environment, rules: &DualWrite) -> Self {
        if rules.finished {
            return DualWriteSwitch { is_on: false, variable: None, invalid: None };
        }
        let names =
            std::iter::once(Self::VARIABLE).chain(rules.env_alias.iter().map(String::as_str));
        let set = names.filter_map(|name| Some((name, environment.var(name)?))).next();
        let (is_on, mut variable, mut invalid) = (rules.enabled, None, None);
        let Some((name, value)) = set else { return DualWriteSwitch { is_on, variable, invalid } };
        let named = Some(format!("{name}={}", value.to_string_lossy()));
        // The other variables belong to other programs, which may spell "off" in many ways.
        if name == Self::VARIABLE && value != "1" && value != "0" {
            invalid = named;
            return DualWriteSwitch { is_on, variable, invalid };
        }
        variable = named;
        DualWriteSwitch { is_on: value == "1", variable, invalid }
    }

    /// Returns a warning about a variable with an invalid value, if any.
    pub fn warning(&self) -> Option<String> {
        let variable = self.invalid.as_deref()?;
        let word = if self.is_on { "on" } else { "off" };
        Some(format!(
            "{variable} in the environment is neither 1 nor 0 and has no effect: dual write is {word}, as [dual_write] says"
        ))
    }

    /// Returns the environment variable if it contradicts the rules.
    pub fn contradiction(&self, rules: &DualWrite) -> Option<&str> {
        self.variable.as_deref().filter(|_| self.is_on != rules.enabled)
    }
}
