//! The host names that the server accepts.
//!
//! A malicious page can point its own host name to an address of this machine and then read what
//! a server there answers ("DNS rebinding"). The browser still sends that name, so requests for
//! other names are refused. Requests for an IP address are safe.

use std::net::IpAddr;

/// The accepted hosts.
#[derive(Debug)]
pub(super) struct Hosts {
    address: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// Returns the hosts of a server that listens at `address` and also has these names.
    pub(super) fn new(address: IpAddr, names: Vec<String>) -> Self {
        Hosts { address, names }
    }

    /// Returns whether a host, with or without a port, is accepted.
    pub(super) fn contains(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || ip == self.address || self.address.is_unspecified(),
            Err(_) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_same = |own: &str| own.eq_ignore_ascii_case(name);
                is_same("localhost") || self.names.iter().any(|own| is_same(own))
            }
        }
    }
}

/// Returns a host without its port. Colons within brackets belong to the address.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(address: &str, names: &[&str]) -> Vec<bool> {
        let address = address.parse().expect("an address");
        let hosts = Hosts::new(address, vec!["ids.example.com".to_owned()]);
        names.iter().map(|name| hosts.contains(name)).collect()
    }

    #[test]
    fn addresses_and_known_names_are_accepted() {
        let hosts = [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:1",
            "LOCALHOST",
            "localhost.",
            "[::1]:8080",
            "[::1]",
            "ids.example.com:80",
            "IDS.example.com",
        ];
        assert_eq!(accepted("127.0.0.1", &hosts), [true; 9]);
        assert_eq!(accepted("0.0.0.0", &["10.1.2.3:80", "127.0.0.1"]), [true; 2]);
        assert_eq!(accepted("10.1.2.3", &["10.1.2.3:80"]), [true]);
    }

    #[test]
    fn other_names_are_refused() {
        let hosts = [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "10.1.2.3",
            "",
            ":8080",
            "[::1].evil.example",
            "ids.example.com.evil.example",
        ];
        assert_eq!(accepted("127.0.0.1", &hosts), [false; 10]);
    }
}
