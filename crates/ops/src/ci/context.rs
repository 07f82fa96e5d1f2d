//! The change that a CI service checks, read from the service's environment variables.

use idhooks_repo::environment::Environment;
use idhooks_repo::git::names_no_commit;
use serde_json::Value;

/// The change to check.
///
/// In each list, the first revision that exists in the clone is used.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CiContext {
    /// The CI service.
    pub service: Option<&'static str>,
    /// The target branch or, for a push, the previous commit.
    pub base: Vec<String>,
    /// The change.
    pub head: Vec<String>,
    /// Whether the change has yet to be merged, as opposed to having been pushed already.
    pub is_merge: bool,
}

/// The information that a CI service passes to a job.
struct CiVariables<'a> {
    environment: &'a Environment,
    /// The event that triggered a GitHub workflow.
    event: Value,
}

impl CiVariables<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        // If a variable does not apply, such as GITHUB_BASE_REF for a push, GitHub leaves it empty.
        self.environment.text(name).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Returns the values of those variables that are set and may name a commit.
    fn revisions(&self, names: &[&str]) -> Vec<String> {
        let values = names.iter().filter_map(|name| self.get(name));
        values.filter(|value| !names_no_commit(value)).map(str::to_owned).collect()
    }
}

impl CiContext {
    /// Returns the change that the variables describe. Without a known service, the target is the
    /// remote's default branch and the change is HEAD.
    pub fn read(environment: &Environment) -> Self {
        let event = environment.var("GITHUB_EVENT_PATH").and_then(|file| std::fs::read(file).ok());
        let event = event.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self::of(&CiVariables { environment, event: event.unwrap_or_default() })
    }

    fn of(environment: &CiVariables<'_>) -> Self {
        if environment.is("GITHUB_ACTIONS") {
            Self::of_github(environment)
        } else if environment.is("GITLAB_CI") {
            Self::of_gitlab(environment)
        } else if environment.get("JENKINS_URL").is_some() {
            Self::of_jenkins(environment)
        } else {
            let (base, head) = (vec![remote_branch("HEAD")], vec!["HEAD".to_owned()]);
            CiContext { service: None, base, head, is_merge: true }
        }
    }

    /// Reads the environment of GitHub Actions, or of Gitea and Forgejo, which use the same
    /// variables.
    fn of_github(environment: &CiVariables<'_>) -> Self {
        let event = &environment.event;
        let at = |pointer: &str| {
            let value = event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            value.filter(|value| !names_no_commit(value))
        };
        let is_gitea = environment.is("GITEA_ACTIONS") || environment.is("FORGEJO_ACTIONS");
        let service = Some(if is_gitea { "Gitea Actions" } else { "GitHub Actions" });
        let (base, head, is_merge): (Vec<String>, _, _) = if event.get("pull_request").is_some() {
            let named = at("/pull_request/base/ref");
            let branch = environment.get("GITHUB_BASE_REF").or(named.as_deref());
            // The branch comes before the event's commit, which dates from the last push: other
            // changes may have been merged since.
            let branch = branch.map(remote_branch).into_iter();
            let base = branch.chain(at("/pull_request/base/sha")).collect();
            (base, at("/pull_request/head/sha"), true)
        } else if event.get("merge_group").is_some() {
            let base = at("/merge_group/base_sha").into_iter().collect();
            (base, at("/merge_group/head_sha"), true)
        } else {
            (at("/before").into_iter().collect(), at("/after"), false)
        };
        let head = head.into_iter().chain(environment.revisions(&["GITHUB_SHA"])).collect();
        CiContext { service, base, head, is_merge }
    }

    fn of_gitlab(environment: &CiVariables<'_>) -> Self {
        let service = Some("GitLab CI");
        if let Some(target) = environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") {
            // GitLab sets these variables only in merged results pipelines; otherwise the target's
            // remote-tracking branch decides.
            let known = ["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"];
            let base = [remote_branch(target)].into_iter().chain(environment.revisions(&known));
            let head =
                environment.revisions(&["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"]);
            return CiContext { service, base: base.collect(), head, is_merge: true };
        }
        let base = environment.revisions(&["CI_COMMIT_BEFORE_SHA"]);
        let head = environment.revisions(&["CI_COMMIT_SHA"]);
        CiContext { service, base, head, is_merge: false }
    }

    fn of_jenkins(environment: &CiVariables<'_>) -> Self {
        let service = Some("Jenkins");
        let mut head = environment.revisions(&["GIT_COMMIT"]);
        head.push("HEAD".to_owned());
        if let Some(target) = environment.get("CHANGE_TARGET") {
            return CiContext { service, base: vec![remote_branch(target)], head, is_merge: true };
        }
        let known = ["GIT_PREVIOUS_SUCCESSFUL_COMMIT", "GIT_PREVIOUS_COMMIT"];
        CiContext { service, base: environment.revisions(&known), head, is_merge: false }
    }
}

/// Returns the remote-tracking branch for a branch name.
fn remote_branch(name: &str) -> String {
    format!("refs/remotes/origin/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(variables: &[(&str, &str)], event: &Value) -> CiContext {
        let environment = &variables.iter().copied().collect();
        CiContext::of(&CiVariables { environment, event: event.clone() })
    }

    fn revisions(base: &[&str], head: &[&str]) -> (Vec<String>, Vec<String>) {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        (owned(base), owned(head))
    }

    #[test]
    fn a_pull_request_goes_to_its_branch() {
        let event = json!({"pull_request": {
            "base": {"ref": "main", "sha": "b1"}, "head": {"sha": "h1"}}});
        let variables =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main"), ("GITHUB_SHA", "m1")];
        let found = context(&variables, &event);
        assert!(found.is_merge);
        assert_eq!(found.service, Some("GitHub Actions"));
        let expected = revisions(&["refs/remotes/origin/main", "b1"], &["h1", "m1"]);
        assert_eq!((found.base, found.head), expected);
        let gitea = [("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")];
        let found = context(&gitea, &event);
        assert_eq!(found.service, Some("Gitea Actions"));
        assert_eq!(found.base, ["refs/remotes/origin/main", "b1"]);
    }

    #[test]
    fn a_push_goes_from_what_was_there() {
        let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", "a1")];
        let found = context(&variables, &json!({"before": "b1", "after": "a1"}));
        assert!(!found.is_merge);
        assert_eq!((found.base, found.head), revisions(&["b1"], &["a1", "a1"]));
        let zeros = "0".repeat(40);
        let found = context(&variables, &json!({"before": zeros, "after": "a1"}));
        assert_eq!(found.base, Vec::<String>::new(), "a new branch");
        let found = context(&variables, &Value::Null);
        assert_eq!((found.base, found.head), revisions(&[], &["a1"]), "by a clock");
    }

    #[test]
    fn other_services_say_it_in_their_words() {
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", "c1"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "d1"),
        ];
        let found = context(&gitlab, &Value::Null);
        assert!(found.is_merge);
        assert_eq!(
            (found.base, found.head),
            revisions(&["refs/remotes/origin/main", "d1"], &["c1"])
        );
        let pushed =
            [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "c1"), ("CI_COMMIT_BEFORE_SHA", "b")];
        let found = context(&pushed, &Value::Null);
        assert_eq!(
            (found.base, found.head, found.is_merge),
            (vec!["b".into()], vec!["c1".into()], false)
        );
        let jenkins = [("JENKINS_URL", "x"), ("CHANGE_TARGET", "main"), ("GIT_COMMIT", "c1")];
        let found = context(&jenkins, &Value::Null);
        assert_eq!(
            (found.base, found.head),
            revisions(&["refs/remotes/origin/main"], &["c1", "HEAD"])
        );
        assert!(found.is_merge);
        let found = context(&[], &Value::Null);
        assert_eq!((found.service, found.head), (None, vec!["HEAD".to_owned()]));
    }
}
