//! Figures of the reconciler.

use serde_json::Value;

use super::work_unseen;
use crate::common::{Repo, for_each_git};

#[test]
fn what_it_did_is_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        let value = |name: &str| {
            let text = repo.idhooks("metrics --no-history").ok().stdout();
            let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
            line.map(|line| line.rsplit(' ').next().expect("a value").to_owned())
        };
        let last = "identity_reconcile_last_success_timestamp_seconds";
        assert_eq!(value(last), None);
        assert_eq!(value("identity_drift_issues{kind=\"missing\"}").as_deref(), Some("2"));
        repo.idhooks("reconcile --commit --dry-run").ok().done();
        assert_eq!(value("identity_reconcile_runs_total").as_deref(), Some("0"));
        repo.idhooks("reconcile --commit").ok().done();
        repo.idhooks("reconcile --commit").ok().done();
        assert_eq!(value("identity_reconcile_runs_total").as_deref(), Some("2"));
        assert_eq!(value("identity_reconcile_repaired_total").as_deref(), Some("3"));
        assert!(value(last).is_some());
        repo.idhooks("audit verify").ok().done();
        let log = String::from_utf8(repo.read(".git/idhooks/audit.jsonl")).expect("UTF-8");
        let line = log.lines().last().expect("an event");
        let event: Value = serde_json::from_str(line).expect("JSON");
        let healed = repo.rev("idhooks/heal");
        assert_eq!(
            (&event["event"], &event["data"]["commit"]),
            (&"healed".into(), &healed.as_str().into())
        );
    });
}
