//! The `report` feature: coverage, health, alerts, metrics, the dashboard and schedules.

pub(super) mod alerts;
mod browser;
pub(super) mod coverage;
pub(super) mod dashboard;
pub(super) mod health;
pub(super) mod listen_args;
pub(super) mod metrics;
pub(super) mod schedule;
mod webhook_args;
