//! Facts about processes and this machine that only the operating system knows.

/// Makes this process the leader of a new session, without a terminal, so that neither the keyboard
/// nor a closed window reaches it. Does nothing if it already leads its process group.
pub fn lead_session() {
    #[cfg(unix)]
    let _ = rustix::process::setsid();
}

/// Returns whether a process is running, for all that is known.
pub fn is_running(process: i32) -> bool {
    #[cfg(unix)]
    {
        use rustix::{io::Errno, process};
        let process = process::Pid::from_raw(process);
        // A process of another user does not take the signal, but exists.
        process.is_some_and(|process| process::test_kill_process(process) != Err(Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = process;
        true
    }
}

/// Returns this machine's name, as git writes it into its lock file.
pub(crate) fn host_name() -> Option<String> {
    #[cfg(unix)]
    return Some(rustix::system::uname().nodename().to_string_lossy().into_owned());
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn running_processes_are_known() {
        let own = i32::try_from(std::process::id()).expect("a process id");
        assert!(is_running(own) && is_running(1) && !is_running(i32::MAX));
        assert!(host_name().is_some_and(|name| !name.is_empty()));
    }
}
