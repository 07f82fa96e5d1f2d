//! Two service clones that heal branches by the clock, as `idhooks schedule run hourly` does.

use crate::simulator::ledger::Rule;
use crate::simulator::objects::Objects;
use crate::simulator::team::{Member, Outcome, Team};
use crate::simulator::template::Template;

/// Where the commits that heal are put.
const BRANCH: &str = "idhooks/heal";

impl Team {
    /// Adds the service clones.
    pub(crate) fn hire(&mut self, template: &Template) {
        for name in ["service0", "service1"] {
            let first = &self.members[0].repo;
            template.put("plain", &first.root().join(name));
            let repo = first.beside(name);
            let objects = Objects::of(&repo);
            self.services.push(Member { name: name.to_owned(), repo, hooked: true, objects });
        }
    }

    /// Heals the branch of a member in one run of the service, if it needs that. Both clones must make
    /// the same commit, in which nothing is to be found and no identity is lost.
    pub(crate) fn serve(&mut self, m: usize) -> Outcome {
        if self.services.is_empty() {
            return Ok(());
        }
        let (place, tip) = (self.members[m].repo.path().to_owned(), self.head(m));
        let place = place.to_str().ok_or("a plain name")?;
        let mut results = Vec::new();
        for service in &mut self.services {
            service.repo.run(["fetch", "-q", place, "HEAD"]);
            service.repo.run("checkout -q -B served FETCH_HEAD");
            let target = format!("branch {BRANCH}");
            for _ in 0..2 {
                let answer = service.repo.idhooks(["reconcile", "--commit", &target]);
                // 1: a rename is not certain.
                if !matches!(answer.exit(), Some(0 | 1)) {
                    return Err(format!("the service failed:\n{}", answer.stderr()));
                }
            }
            let parent = service.repo.try_git(["rev-parse", "-q", "--verify", "idhooks/heal^"]);
            let is_healed = parent.stdout().trim() == tip;
            let result = if is_healed { service.repo.rev(BRANCH) } else { tip.clone() };
            // A commit that needs no healing may have a warning about what its author did.
            let option = if is_healed { "--strict" } else { "--all-heads" };
            let check = service.repo.idhooks(["check", option, "--rev", &result]);
            if !check.succeeded() {
                return Err(format!("findings after one run on {tip}:\n{}", check.stdout()));
            }
            service.repo.run(["checkout", "-q", "-B", "served", &result]);
            self.ledger.look(&mut service.objects, Rule::Consistent)?;
            results.push(result);
        }
        let [one, other] = &*results else { return Err("two service clones".to_owned()) };
        if one != other {
            return Err(format!("two service clones made {one} and {other}"));
        }
        if *one != tip {
            self.tally.served += 1;
            let from = self.services[0].repo.path().to_owned();
            self.must(m, &["fetch", "-q", from.to_str().ok_or("a plain name")?, "served"])?;
            self.must(m, &["merge", "-q", "--ff-only", "FETCH_HEAD"])?;
        }
        Ok(())
    }
}
