//! Watches the working tree of a repository and queues the files that change.
