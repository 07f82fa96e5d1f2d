//! What keeps broken identities out: checks of pull requests, and of pushes.

mod budgets;
mod command;
mod drift;
mod heal;
mod linted;
mod protected;
mod pulls;
mod receive;
mod replaced;
mod rewrite;
mod schedule;
mod service;
mod shallow;
mod sources;
mod tips;
mod workflows;
mod yaml;
