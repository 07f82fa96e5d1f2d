//! What keeps broken identities out: checks of pull requests, and of pushes.

#[cfg(feature = "default")]
mod action;
mod action_sums;
mod budgets;
mod command;
mod drift;
mod heal;
#[cfg(feature = "code")]
mod linted;
mod protected;
mod pulls;
mod receive;
mod references;
mod replaced;
mod rewrite;
#[cfg(feature = "report")]
mod schedule;
mod service;
mod shallow;
#[cfg(feature = "default")]
mod sources;
mod tips;
mod workflows;
mod yaml;
