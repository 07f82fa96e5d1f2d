//! Every pair of single edits of one registry, in both directions.

use idhooks_core::registry::{
    Allocation, Counter, Id, Json, Origin, Registry, Status, key, reason,
};

use crate::common::is_long;
use crate::laws::merge::edits::{at, empty, path, reread};
use crate::laws::merge::laws::{assert_sound, has_all_of, m};

type Change = fn(&mut Registry);

fn id(text: &str) -> Id {
    text.parse().expect("an identity")
}

fn origin(n: u8) -> Origin {
    format!("{n:016x}").parse().expect("an origin")
}

const FREE: &str = "2010000500260118";

fn record(registry: &mut Registry, n: u8) -> &mut Allocation {
    let origin = origin(n);
    registry.allocations.iter_mut().find(|a| a.origin == origin).expect("the base has it")
}

fn allocate(registry: &mut Registry, n: u8, name: &str, file: &str, day: u8) {
    registry.allocations.push(Allocation::new(id(name), path(file), at(day), origin(n)));
}

fn counter(registry: &mut Registry) -> &mut Counter {
    registry.counters.entry(id(FREE).counter()).or_default()
}

fn reserve(registry: &mut Registry, sequence: u32) {
    counter(registry).reserved.insert(sequence);
}

fn set(registry: &mut Registry, n: u8, key: &str, value: Json) {
    record(registry, n).metadata.insert(key.to_owned(), value);
}

fn supersede(registry: &mut Registry, n: u8, by: &str) {
    record(registry, n).status = Status::Superseded;
    set(registry, n, key::SUPERSEDED_BY, Json::string(by));
}

/// One record in each state, two at one path, one displaced.
fn base() -> Registry {
    let mut base = empty();
    allocate(&mut base, 1, "2010000001260118", "a", 0);
    allocate(&mut base, 2, "2010000002260118", "a", 1);
    allocate(&mut base, 3, "2010000003260118", "b", 0);
    allocate(&mut base, 4, "2010000004260118", "c", 0);
    allocate(&mut base, 5, "2010000005260118", "d", 0);
    allocate(&mut base, 6, "2010000006260118", "e", 0);
    allocate(&mut base, 7, "2010000003260118", "f", 2);
    record(&mut base, 4).retire(reason::DELETED, Some(at(1)), Some("ab".repeat(20)));
    supersede(&mut base, 5, "2010000003260118");
    record(&mut base, 6).retire("obsolete", Some(at(2)), None);
    // The displaced one has what a merge gives it.
    record(&mut base, 7).id = id("2010007000260118");
    record(&mut base, 7).aliases.insert(id("2010000003260118"));
    set(&mut base, 3, "owner", Json::string("core"));
    counter(&mut base).reserved.insert(900);
    reread(&base)
}

/// Every kind of edit, each under its name.
const CHANGES: [(&str, Change); 42] = [
    ("nothing", |_| {}),
    ("allocate", |r| allocate(r, 20, FREE, "new", 1)),
    ("allocate the same identity", |r| allocate(r, 21, FREE, "other", 2)),
    ("allocate at the same path", |r| allocate(r, 22, "2010000501260118", "new", 0)),
    ("allocate the same origin elsewhere", |r| allocate(r, 20, "2010000502260118", "else", 0)),
    ("allocate the same origin, other kind", |r| allocate(r, 20, "0110000502260118", "new", 3)),
    ("allocate at a held path", |r| allocate(r, 23, "2010000503260118", "a", 0)),
    ("allocate at the path of a move", |r| allocate(r, 24, "2010000504260118", "q", 4)),
    ("allocate a twin of b", |r| allocate(r, 25, "2010000505260118", "b", 3)),
    ("allocate what is reserved", |r| {
        counter(r).reserved.clear();
        allocate(r, 26, "2010000900260118", "reserved", 3);
    }),
    ("move the holder of a", |r| record(r, 1).path = path("q")),
    ("move the shadowed one of a", |r| record(r, 2).path = path("q2")),
    ("move all of a", |r| {
        record(r, 1).path = path("q");
        record(r, 2).path = path("q");
    }),
    ("move b", |r| record(r, 3).path = path("q")),
    ("move b elsewhere", |r| record(r, 3).path = path("p")),
    ("move b onto a", |r| record(r, 3).path = path("a")),
    ("move the displaced one", |r| record(r, 7).path = path("q")),
    ("retire a", |r| record(r, 1).retire(reason::DELETED, Some(at(3)), None)),
    ("retire b", |r| record(r, 3).retire(reason::DELETED, Some(at(3)), Some("01".repeat(20)))),
    ("retire b by a merge", |r| record(r, 3).retire(reason::MERGED, None, None)),
    ("retire b as excluded", |r| record(r, 3).retire(reason::EXCLUDED, Some(at(4)), None)),
    ("deprecate b", |r| record(r, 3).retire("broken", Some(at(3)), None)),
    ("deprecate b again", |r| record(r, 3).retire("unloved", Some(at(2)), None)),
    ("purge c", |r| {
        record(r, 4).metadata.clear();
        set(r, 4, key::PURGED, Json::Bool(true));
    }),
    ("revive c", |r| record(r, 4).activate(path("c"))),
    ("revive c elsewhere", |r| record(r, 4).activate(path("q"))),
    ("reinstate e", |r| record(r, 6).activate(path("e"))),
    ("supersede b by a", |r| supersede(r, 3, "2010000001260118")),
    ("supersede b by f", |r| supersede(r, 3, "2010007000260118")),
    ("supersede the displaced one by b", |r| supersede(r, 7, "2010000003260118")),
    ("name a copy by an alias", |r| set(r, 1, key::COPIED_FROM, Json::string(FREE))),
    ("set an owner", |r| set(r, 3, "owner", Json::string("docs"))),
    ("set another owner", |r| set(r, 3, "owner", Json::Array(vec![Json::string("zeta")]))),
    ("forget the owner", |r| drop(record(r, 3).metadata.remove("owner"))),
    ("set an unknown key", |r| drop(record(r, 1).extra.insert("x".to_owned(), Json::Null))),
    ("set metadata of all", |r| drop(r.metadata.insert("team".to_owned(), Json::Bool(true)))),
    ("set another key of all", |r| drop(r.extra.insert("team".to_owned(), Json::Bool(false)))),
    ("reserve", |r| reserve(r, 500)),
    ("reserve another", |r| reserve(r, 501)),
    ("raise the floor", |r| counter(r).floor = Some(77)),
    ("drop b", |r| r.allocations.retain(|a| a.origin != origin(3))),
    ("drop a shadowed record", |r| r.allocations.retain(|a| a.origin != origin(2))),
];

/// Returns what a tool writes after the edit: links by identity, nothing pending.
fn changed(base: &Registry, change: Change) -> Registry {
    let mut side = base.clone();
    change(&mut side);
    let side = reread(&side);
    m(&side, &side, &side)
}

#[test]
fn the_base_is_settled() {
    let base = base();
    assert_eq!(changed(&base, |_| {}).format(), base.format());
}

#[test]
fn every_pair_of_edits_keeps_the_laws() {
    let base = base();
    let sides = CHANGES.map(|(name, change)| (name, changed(&base, change)));
    let mut pairs = 0;
    for (one, ours) in &sides {
        for (other, theirs) in &sides {
            let sound = std::panic::catch_unwind(|| assert_sound(&base, ours, theirs));
            assert!(sound.is_ok(), "'{one}' and '{other}' break a law");
            pairs += 1;
        }
    }
    assert_eq!(pairs, CHANGES.len() * CHANGES.len());
}

#[test]
fn every_triple_of_edits_gives_the_same_identities_in_any_order() {
    // A seventh of them by default, spread over all pairs.
    let step = if is_long() { 1 } else { 7 };
    let base = base();
    let sides: Vec<Registry> = CHANGES.iter().map(|(_, c)| changed(&base, *c)).collect();
    let pairs: Vec<Vec<Registry>> =
        sides.iter().map(|a| sides.iter().map(|b| m(&base, a, b)).collect()).collect();
    for (x, a) in sides.iter().enumerate() {
        for (y, right) in pairs.iter().enumerate().skip(x) {
            for (z, c) in sides.iter().enumerate().skip(y + (x + y) % step).step_by(step) {
                let left = crate::laws::merge::laws::ids(&m(&base, &pairs[x][y], c));
                assert_eq!(left, crate::laws::merge::laws::ids(&m(&base, a, &right[z])));
            }
        }
    }
}

/// Returns the registry as a tool that knows no origins leaves it: without those of the base.
fn without_origins(registry: &Registry, base: &Registry) -> Registry {
    let mut stripped = registry.clone();
    for record in &mut stripped.allocations {
        if base.allocations.iter().any(|b| b.id == record.id) {
            record.origin = Origin::of_legacy(&record.id.to_string(), record.allocated_at);
            record.origin_is_derived = true;
        }
    }
    stripped
}

#[test]
fn origins_that_one_input_knows_are_enough() {
    let base = base();
    let sides = CHANGES.map(|(name, change)| (name, changed(&base, change)));
    for (one, ours) in &sides {
        for (other, theirs) in &sides {
            // Where a record is gone, its identity may already name another one.
            if !has_all_of(ours, &base) || !has_all_of(theirs, &base) {
                continue;
            }
            let expected = m(&base, ours, theirs);
            let [bare_base, bare_ours, bare_theirs] =
                [&base, ours, theirs].map(|input| without_origins(input, &base));
            let known_to_base = m(&base, &bare_ours, &bare_theirs);
            let known_to_one = m(&bare_base, ours, &bare_theirs);
            let known_to_other = m(&bare_base, &bare_ours, theirs);
            for merged in [known_to_base, known_to_one, known_to_other] {
                assert_eq!(merged, expected, "'{one}' and '{other}'");
            }
        }
    }
}
