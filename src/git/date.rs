//! The date of the commit being made.

/// Returns the author date that git exports to a hook (or a person set), else the committer
/// date, else the clock's, in seconds since 1970.
pub fn commit_date() -> i64 {
    let exported = |name| {
        let text = std::env::var(name).ok()?;
        let now = jiff::Zoned::now();
        gix::date::parse(text.trim(), Some(now)).ok().map(|time| time.seconds)
    };
    let clock = || {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        elapsed.map_or(0, |d| d.as_secs() as i64)
    };
    exported("GIT_AUTHOR_DATE").or_else(|| exported("GIT_COMMITTER_DATE")).unwrap_or_else(clock)
}
