//! The order in which generators run.

use idhooks_core::config::Generator;

/// Returns the generators' positions by level. Each generator runs after the generators it names,
/// which are on earlier levels, and does not depend on others on its own level.
pub(super) fn levels(generators: &[Generator]) -> Vec<Vec<usize>> {
    let mut depths: Vec<Option<usize>> = vec![None; generators.len()];
    let mut levels: Vec<Vec<usize>> = Vec::new();
    // The rules contain no cycle, so each pass finds the generators for one more level.
    while depths.contains(&None) {
        let is_done = |name: &String| {
            let at = generators.iter().position(|other| other.name == *name);
            at.is_none_or(|at| depths[at].is_some())
        };
        let ready = |at: &usize| depths[*at].is_none() && generators[*at].after.iter().all(is_done);
        let level: Vec<usize> = (0..generators.len()).filter(ready).collect();
        // Rules are checked for cycles when they are read; this only keeps the loop from running
        // forever.
        if level.is_empty() {
            break;
        }
        level.iter().for_each(|at| depths[*at] = Some(levels.len()));
        levels.push(level);
    }
    levels
}

/// Returns, for each generator, whether `is_named` accepts it or a generator that must run after
/// it.
pub fn selected(generators: &[Generator], is_named: impl Fn(&Generator) -> bool) -> Vec<bool> {
    let mut selected: Vec<bool> = generators.iter().map(is_named).collect();
    // Start at the last level, so that everything that runs before a selected generator is selected
    // as well.
    for level in levels(generators).iter().rev() {
        for at in level.iter().filter(|at| selected[**at]).copied().collect::<Vec<_>>() {
            for name in &generators[at].after {
                if let Some(before) = generators.iter().position(|other| other.name == *name) {
                    selected[before] = true;
                }
            }
        }
    }
    selected
}
