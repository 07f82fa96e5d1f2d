//! Describes Python files.
