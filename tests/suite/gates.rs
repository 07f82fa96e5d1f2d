//! What keeps broken identities out: checks of pull requests, and of pushes.

mod ci;
mod drift;
mod pulls;
mod receive;
mod schedule;
mod service;
mod workflows;
mod sources;
mod yaml;
