//! The parts of a registry that serve the legacy file's program.

use std::borrow::Cow;

use idhooks_core::config::Config;
use idhooks_core::plan::{follow_paths, lacks_floor, needs_floors, set_floors};
use idhooks_core::registry::Registry;

/// Returns a registry with everything that the rules promise the other program: the floors of its
/// counters, and the keys that depend on the path. `merged` is the parents' registry, and `staged`
/// is the registry in the index.
pub(super) fn with_legacy_needs<'r>(
    registry: &'r Registry,
    config: &Config,
    merged: Option<&Registry>,
    staged: &Registry,
) -> Cow<'r, Registry> {
    let Some(rules) = config.dual_write.as_deref().filter(|rules| rules.enabled) else {
        return Cow::Borrowed(registry);
    };
    // The other program continues counting from the floors; without them, it would reuse numbers.
    let is_counted = !needs_floors(Some(rules)) || !lacks_floor(registry);
    if is_counted && rules.path_keys.is_empty() {
        return Cow::Borrowed(registry);
    }
    let parents: Vec<&Registry> = merged.into_iter().collect();
    let mut completed = registry.clone();
    if !is_counted {
        set_floors(&mut completed, &parents);
    }
    follow_paths(&mut completed, &parents, &[staged], &rules.path_keys);
    Cow::Owned(completed)
}
