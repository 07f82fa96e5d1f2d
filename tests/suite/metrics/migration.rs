//! The progress of a migration in the dashboard.

use serde_json::Value;

use super::dual_write::{LEGACY, configure};
use crate::common::{Repo, on_adopted};

#[test]
fn the_dashboard_shows_both_files() {
    on_adopted(|repo| {
        configure(repo, "");
        assert_eq!(shown(repo), serde_json::json!({"state": "off"}));
        configure(repo, "[dual_write]\nenabled = true\nleading = \"legacy\"\n");
        let seen = shown(repo);
        assert_eq!((&seen["state"], &seen["phase"]), (&"compared".into(), &"legacy-leads".into()));
        assert_eq!((&seen["legacy"], &seen["path"]), (&"in_step".into(), &LEGACY.into()));
        assert_eq!((&seen["progress"], &seen["discrepancies"]), (&1.into(), &0.into()));
        assert_eq!(seen["operations"]["failed_operations"], 0);
        assert_eq!(seen["times"].as_array().map(Vec::len), Some(9));
        assert_eq!(seen["recent"][0]["subject"], "write idhooks.toml");
        assert!(seen["last_verify"].is_null());
        repo.idhooks("migrate verify").ok().done();
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        repo.stage(LEGACY, whole.replace("\"README.md\"", "\"READ.me\""));
        repo.run("commit -q --no-verify -m edited");
        repo.idhooks("migrate verify --rev HEAD").code(1).done();
        let seen = shown(repo);
        assert_eq!(seen["legacy"], "differs");
        let id = repo.id("README.md");
        let difference = serde_json::json!(
            [{"id": id, "field": "file_path", "new": "README.md", "legacy": "READ.me"}]
        );
        assert_eq!(seen["shown"], difference);
        assert_eq!(seen["records"]["differs"], 1);
        let verified = &seen["last_verify"];
        assert_eq!(
            (&verified["result"], &verified["report"]),
            (&"findings".into(), &"commit 'HEAD'".into())
        );
    });
}

/// Returns what the dashboard says about both files.
fn shown(repo: &Repo) -> Value {
    repo.idhooks("dashboard --output ../site").ok().done();
    let overview = std::fs::read_to_string(repo.root().join("site/api/overview.json"));
    let mut overview: Value = serde_json::from_str(&overview.expect("a document")).expect("JSON");
    overview["migration"].take()
}
