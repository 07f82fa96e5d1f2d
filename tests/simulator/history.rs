//! One history, from its beginning until all members have merged everything.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::Dice;
use crate::simulator::conflicts::ConflictStyle;
use crate::simulator::ledger::Rule;
use crate::simulator::script::{PRELUDE, Script};
use crate::simulator::tally::Tally;
use crate::simulator::team::{Outcome, Team};
use crate::simulator::template::Template;

/// The parameters of a history.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) steps: u64,
    /// Steps left out.
    pub(crate) skip: BTreeSet<u64>,
    /// Whether to show every step.
    pub(crate) loud: bool,
    /// Whether a service clone heals what commits without hooks leave.
    pub(crate) is_served: bool,
}

/// A fault, with the step in which it occurred.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// The step; one more than all for the end.
    pub(crate) step: u64,
    pub(crate) message: String,
    pub(crate) script: String,
}

impl Fault {
    /// Returns the message without names of commits, identities and files.
    pub(crate) fn kind(&self) -> String {
        let words = self.message.split(|c: char| !c.is_ascii_alphabetic());
        words.filter(|word| word.len() > 3).take(14).collect::<Vec<_>>().join(" ")
    }
}

/// Runs a history.
pub(crate) fn run_history(templates: &[Template], plan: &Plan) -> Result<Tally, Fault> {
    let seed = usize::try_from(plan.seed).unwrap_or(0);
    let template = &templates[seed % templates.len()];
    let mut team = Team::new(template, plan.seed, Script::new(plan.loud), plan.is_served);
    if plan.is_served {
        team.hire(template);
    }
    team.script.say(PRELUDE.to_owned());
    if plan.loud {
        let kept = team.members[0].repo.clone();
        team.script.say(format!("# this history stays in {}", kept.root().display()));
        std::mem::forget(kept);
    }
    team.look(0, Rule::Consistent).expect("the template is consistent");
    let lived = live(&mut team, plan);
    team.keep_transcript(plan);
    lived?;
    team.tally.histories = 1;
    team.tally.collisions = team.ledger.collisions();
    Ok(team.tally)
}

/// Runs the steps of a history.
fn live(team: &mut Team, plan: &Plan) -> Result<(), Fault> {
    for step in 0..=plan.steps {
        if plan.skip.contains(&step) {
            continue;
        }
        // Dice of its own for every step: one left out does not change the others.
        team.dice = Dice::new(plan.seed.wrapping_mul(1000).wrapping_add(step));
        team.script.say(format!("# step {step}"));
        let done = catch_unwind(AssertUnwindSafe(|| {
            if step < plan.steps { team.step() } else { team.end() }
        }));
        let message = match done {
            Ok(Ok(())) => continue,
            Ok(Err(message)) => message,
            Err(panic) => match panic.downcast::<String>() {
                Ok(text) => *text,
                Err(_) => "a panic".to_owned(),
            },
        };
        return Err(Fault { step, message, script: team.script.text() });
    }
    Ok(())
}

impl Team {
    /// Keeps what was done and answered, with the commits of all clones, whose names stand for every byte
    /// of the registry in them.
    fn keep_transcript(&mut self, plan: &Plan) {
        for m in 0..self.members.len() {
            self.git(m, &["for-each-ref"]);
        }
        let name = format!("{}{}.txt", plan.seed, if plan.is_served { "-served" } else { "" });
        let root = self.members[0].repo.root().to_owned();
        self.script.keep_transcript(&name, &root);
    }

    /// Everybody publishes; two members merge everything in opposite orders, then each the
    /// other's result.
    fn end(&mut self) -> Outcome {
        for m in 0..self.members.len() {
            self.serve(m)?;
            self.look(m, Rule::Consistent)?;
            let place = format!("+refs/heads/*:refs/heads/{}/*", self.members[m].name);
            self.must(m, &["push", "-q", "hub", &place])?;
        }
        self.date = Some("1900000000 +0000");
        let mut ends = Vec::new();
        for m in 0..2 {
            self.must(m, &["fetch", "-q", "hub"])?;
            let mut tips = self.tips(m);
            if m == 1 {
                tips.reverse();
            }
            let (first, others) = tips.split_first().expect("there is a branch");
            self.must(m, &["checkout", "-q", "--detach", first])?;
            self.look(m, Rule::Free)?;
            for tip in others {
                self.merge_with(m, &["merge", "-q", "--no-edit", tip], ConflictStyle::Careful)?;
                self.clean(m)?;
            }
            ends.push(self.head(m));
            self.must(m, &["push", "-q", "hub", &format!("HEAD:refs/heads/end-{m}")])?;
        }
        self.count_end(&ends[0], &ends[1])?;
        let mut lines = Vec::new();
        for (m, other) in [(0, &ends[1]), (1, &ends[0])] {
            self.must(m, &["fetch", "-q", "hub"])?;
            let words = ["merge", "-q", "--no-edit", "--no-ff", "-m", "all", other];
            self.merge_with(m, &words, ConflictStyle::Careful)?;
            self.clean(m)?;
            lines.push(self.head(m));
        }
        self.count_end(&lines[0], &lines[1])
    }

    fn count_end(&mut self, one: &str, other: &str) -> Outcome {
        self.tally.ends += 1;
        self.tally.ends_equal += usize::from(self.equal(one, other)?);
        Ok(())
    }

    /// Returns the commits that together reach everything.
    fn tips(&self, m: usize) -> Vec<String> {
        let list = self.ask(m, &["for-each-ref", "--format=%(objectname)", "refs/remotes/hub"]);
        let tips: BTreeSet<&str> = list.lines().collect();
        let words = ["merge-base", "--independent"].into_iter().chain(tips);
        let list = self.ask(m, &words.collect::<Vec<_>>());
        let mut tips: Vec<String> = list.lines().map(String::from).collect();
        tips.sort();
        tips
    }
}
