//! The names by which a server may be asked.
//!
//! A foreign page can have its own name lead to an address of this machine, and then read what a
//! server there answers ("DNS rebinding"). The browser still sends the name. Addresses lead only to
//! themselves.

use std::net::IpAddr;

/// The hosts that are answered.
#[derive(Debug)]
pub(super) struct Hosts {
    address: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// Returns the hosts of a server that listens at `address` and has these names besides.
    pub(super) fn new(address: IpAddr, names: Vec<String>) -> Self {
        Hosts { address, names }
    }

    /// Returns whether a host, with or without a port, is one of this server's.
    pub(super) fn include(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || ip == self.address || self.address.is_unspecified(),
            Err(_) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_it = |known: &str| known.eq_ignore_ascii_case(name);
                is_it("localhost") || self.names.iter().any(|known| is_it(known))
            }
        }
    }
}

/// Takes the port off a host; the colons of an address in brackets are its own.
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

    fn answered(address: &str, hosts: &[&str]) -> Vec<bool> {
        let address = address.parse().expect("an address");
        let known = Hosts::new(address, vec!["ids.example.com".to_owned()]);
        hosts.iter().map(|host| known.include(host)).collect()
    }

    #[test]
    fn addresses_and_known_names_are_answered() {
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
        assert_eq!(answered("127.0.0.1", &hosts), [true; 9]);
        assert_eq!(answered("0.0.0.0", &["10.1.2.3:80", "127.0.0.1"]), [true; 2]);
        assert_eq!(answered("10.1.2.3", &["10.1.2.3:80"]), [true]);
    }

    #[test]
    fn other_names_are_not() {
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
        assert_eq!(answered("127.0.0.1", &hosts), [false; 10]);
    }
}
