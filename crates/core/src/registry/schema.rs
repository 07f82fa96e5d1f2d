//! The JSON Schema for the registry (draft 2020-12).

/// The schema, as printed by `idhooks schema registry`.
pub const REGISTRY_SCHEMA: &str = include_str!("schema.json");
