//! Checks the schema version of a registry.

use crate::registry::json::{Json, JsonError, Parser};

/// The version of the schema that this program reads and writes.
pub const SCHEMA_VERSION: &str = "1.0";

/// Reads the version at the current position, and checks that it is ours.
///
/// # Errors
/// Returns an error for any other version.
pub(super) fn schema_version(p: &mut Parser<'_>) -> Result<bool, JsonError> {
    let version = p.string("the schema version as a string")?;
    if version == SCHEMA_VERSION {
        return Ok(true);
    }
    Err(p.error(format!(
        "schema version \"{version}\" is not \"{SCHEMA_VERSION}\", the one this idhooks understands"
    )))
}

/// Returns the schema version that a text names, if it is later than ours. The rest of the text may
/// have an unknown form.
pub(super) fn newer_version(text: &str) -> Option<String> {
    let numbers = |version: &str| -> Option<(u32, u32)> {
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let mut parser = Parser::new(text);
    let mut found = None;
    let read = parser.object(|p, name| {
        if let ("schema_version", Json::String(version)) = (name, p.value()?) {
            found = Some(version);
        }
        Ok(())
    });
    let version = found.filter(|_| read.is_ok())?;
    (numbers(&version)? > numbers(SCHEMA_VERSION)?).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_is_recognized_by_its_number() {
        let named = |version: &str| {
            // Keys before it may be unknown too.
            newer_version(&format!("{{\"allocations\":7,\"schema_version\":{version}}}"))
        };
        for version in ["2.0", "1.1", "1.10", "3"] {
            assert_eq!(named(&format!("\"{version}\"")).as_deref(), Some(version));
        }
        for version in ["\"1.0\"", "\"0.9\"", "\"1\"", "\"x.y\"", "\"\"", "2", "\"2.0\",\"x\""] {
            assert_eq!(named(version), None, "{version}");
        }
        assert_eq!(newer_version("{\"schema_version\":\"2.0\""), None);
    }
}
