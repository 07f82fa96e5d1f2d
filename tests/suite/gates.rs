//! What keeps broken identities out: checks of pull requests, and of pushes.

mod ci;
mod pulls;
mod receive;
mod service;
mod workflows;
mod yaml;
