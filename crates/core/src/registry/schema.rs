//! The JSON Schema of the registry (draft 2020-12).

/// The schema, as `idhooks schema registry` prints it.
pub const REGISTRY_SCHEMA: &str = include_str!("schema.json");
