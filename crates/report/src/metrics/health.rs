//! [`Health`]: the state of the registry and its dependencies.

use serde::Serialize;

use super::condition::{AlertCondition, Urgency};

idhooks_core::words! {
    /// A health state.
    pub enum HealthState {
        /// It is fine.
        Ok = "ok",
        /// The state cannot be determined.
        Unknown = "unknown",
        /// It should be fixed when there is time.
        Warning = "warning",
        /// It should be fixed soon.
        High = "high",
        /// It must be fixed immediately.
        Critical = "critical",
    }
}

/// The state of something that the registry depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Its name.
    pub name: &'static str,
    /// Its state.
    pub state: HealthState,
    /// A description of its state.
    pub detail: String,
    /// The remedy.
    pub help: Option<String>,
}

impl Health {
    /// Returns the health of something optional: `Ok`, or `Unknown` with a remedy.
    pub fn optional(name: &'static str, is_well: bool, detail: String, help: &str) -> Self {
        // Nothing depends on it, so a problem with it must not make the whole repository unhealthy.
        let state = if is_well { HealthState::Ok } else { HealthState::Unknown };
        Health { name, state, detail, help: (!is_well).then(|| help.to_owned()) }
    }
}

impl HealthState {
    /// Returns `Ok` or `Critical`, for conditions that have no alert.
    pub fn of(is_well: bool) -> Self {
        if is_well { HealthState::Ok } else { HealthState::Critical }
    }

    /// Returns `Ok`, or the urgency of the alert for this condition.
    pub fn by_alert(is_well: bool, condition: AlertCondition) -> Self {
        match condition.urgency() {
            _ if is_well => HealthState::Ok,
            Urgency::Critical => HealthState::Critical,
            Urgency::High => HealthState::High,
            Urgency::Warning => HealthState::Warning,
        }
    }

    /// Returns whether the state needs fixing.
    pub fn is_ill(self) -> bool {
        self >= HealthState::Warning
    }

    /// Returns the overall state: the worst one that needs fixing.
    pub fn of_all(all: &[Health]) -> Self {
        let states = all.iter().map(|health| health.state);
        states.filter(|state| state.is_ill()).max().unwrap_or(HealthState::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_state_counts_and_is_the_urgency_of_the_alert() {
        let overall = |states: &[HealthState]| {
            let health = |state: &HealthState| Health {
                name: "x",
                state: *state,
                detail: String::new(),
                help: None,
            };
            HealthState::of_all(&states.iter().map(health).collect::<Vec<_>>())
        };
        let [down, overdue, twice] = [
            AlertCondition::WatcherDown,
            AlertCondition::BackupOverdue,
            AlertCondition::DuplicateId,
        ]
        .map(|condition| HealthState::by_alert(false, condition));
        assert_eq!(
            [down, overdue, twice],
            [HealthState::Warning, HealthState::High, HealthState::Critical]
        );
        assert_eq!(overall(&[HealthState::Unknown, HealthState::Ok]), HealthState::Ok);
        assert_eq!(overall(&[HealthState::Unknown, down]), down);
        assert_eq!(overall(&[down, twice, overdue]), twice);
        assert!(down.is_ill() && !HealthState::Unknown.is_ill());
        assert!(HealthState::by_alert(true, AlertCondition::DuplicateId) == HealthState::Ok);
    }
}
