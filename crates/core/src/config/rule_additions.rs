//! [`RuleAdditions`]: additional rules; [`TemplateValues`]: the values for a new `idhooks.toml`.

use crate::registry::{Namespace, Scope, TypeCode};

use super::path_rules::NamespaceRule;
use super::{glob_error::GlobError, globs::Globs, rules::Config};

/// Rules to add to a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleAdditions {
    /// Globs and their namespaces, which take precedence over all other rules.
    pub first: Vec<(Vec<String>, Namespace)>,
    /// The namespace for files that no other rule matches.
    pub rest: Option<Namespace>,
    /// Extensions and their TYPE.
    pub types: Vec<(String, TypeCode)>,
}

/// The values that make a new `idhooks.toml` differ from the built-in rules.
#[derive(Debug, Default)]
pub struct TemplateValues {
    /// The last six digits of every identity.
    pub scope: Option<Scope>,
    /// Extensions and their TYPE; if empty, a new repository's defaults apply.
    pub types: Vec<(String, TypeCode)>,
    /// The TYPE for all other extensions, if not 00.
    pub default_type: Option<TypeCode>,
    /// Globs and their namespaces: the first match wins. If empty, the built-in ones apply.
    pub namespaces: Vec<(String, Namespace)>,
}

impl Config {
    /// Returns this configuration with the additional rules included.
    ///
    /// # Errors
    /// Returns an error if a glob is invalid.
    pub fn with(&self, more: &RuleAdditions) -> Result<Config, GlobError> {
        let first = more.first.iter().map(|(globs, ns)| {
            let path = Globs::new(globs.iter().map(String::as_str))?;
            Ok(NamespaceRule { path, ns: *ns })
        });
        let mut namespaces = first.collect::<Result<Vec<_>, GlobError>>()?;
        namespaces.extend_from_slice(self.namespace_rules());
        namespaces.extend(more.rest.map(|ns| NamespaceRule { path: Globs::everything(), ns }));
        let types = self.types.with(&more.types);
        Ok(Config { namespaces: Some(namespaces), types, ..self.clone() })
    }

    /// Returns whether `idhooks.toml` contains rules for namespaces, which replace the built-in
    /// ones.
    pub fn names_namespaces(&self) -> bool {
        self.namespaces.is_some()
    }

    /// Returns the namespaces that the rules name.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> {
        self.namespace_rules().iter().map(|rule| rule.ns)
    }
}
