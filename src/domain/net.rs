//! Where a webhook may connect to: a URL of the plain form, and addresses that are global
//! unicast or on the operator's list (a closed network has private addresses only).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use url::{Host, Url};

/// A block of addresses, `10.1.0.0/16` or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    base: IpAddr,
    prefix: u8,
}

/// The text is not a CIDR block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCidr;

impl std::fmt::Display for BadCidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a CIDR block")
    }
}

impl std::error::Error for BadCidr {}

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(text: &str) -> Result<Self, BadCidr> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| BadCidr)?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(p) => p.parse().ok().filter(|p| *p <= longest).ok_or(BadCidr)?,
        };
        Ok(Self { base, prefix })
    }
}

impl Cidr {
    /// True when `ip`, of the same family, lies in the block.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let shift = 32_u32.saturating_sub(u32::from(self.prefix));
                u32::from(base).checked_shr(shift) == u32::from(ip).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let shift = 128_u32.saturating_sub(u32::from(self.prefix));
                u128::from(base).checked_shr(shift) == u128::from(ip).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// True for global unicast addresses only. Addresses that carry an IPv4 address inside
/// (v4-mapped, NAT64, 6to4, Teredo) are never global here, whatever they carry.
pub fn is_global_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4
            .iter()
            .any(|&(base, prefix)| within_v4(ip, base, prefix)),
        IpAddr::V6(ip) => {
            within_v6(ip, [0x2000, 0], 3)
                && !SPECIAL_V6
                    .iter()
                    .any(|&(base, prefix)| within_v6(ip, base, prefix))
        }
    }
}

/// IANA special-purpose registry, IPv4.
const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carrier-grade NAT
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, cloud metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, broadcast
];

/// IANA special-purpose registry, IPv6, inside 2000::/3; everything outside is refused anyway
/// (loopback, v4-mapped, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, ULA, link-local, multicast).
/// The base is given by its first 32 bits.
const SPECIAL_V6: &[([u16; 2], u32)] = &[
    ([0x2001, 0x0000], 23), // protocol assignments, Teredo, ORCHID
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0x0000], 16), // 6to4
    ([0x3fff, 0x0000], 20), // documentation
];

fn within_v4(ip: Ipv4Addr, base: [u8; 4], prefix: u32) -> bool {
    let shift = 32_u32.saturating_sub(prefix);
    u32::from(ip).checked_shr(shift) == u32::from_be_bytes(base).checked_shr(shift)
}

fn within_v6(ip: Ipv6Addr, [a, b]: [u16; 2], prefix: u32) -> bool {
    let base = u128::from(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0));
    let shift = 128_u32.saturating_sub(prefix);
    u128::from(ip).checked_shr(shift) == base.checked_shr(shift)
}

/// Marks of direction and order that a reader does not see.
fn is_hidden(c: char) -> bool {
    super::input::is_forbidden_char(c) || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// What may be connected to.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Allows `http` URLs to loopback addresses; for tests only.
    pub allow_insecure: bool,
    /// Blocks allowed besides global unicast.
    pub allow_hosts: Vec<Cidr>,
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlFault {
    /// Not a URL, too long, or with white space, controls or backslashes.
    Malformed,
    /// Neither `https` nor allowed `http`.
    Scheme,
    /// User name or password in the URL.
    UserInfo,
    /// An IP address in another form than the standard one (`127.1`, `0x7f.0.0.1`, `%31`…).
    HostForm,
    /// Port 0.
    Port,
    /// An address that is not allowed.
    Address,
}

impl UrlFault {
    /// Stable code for lists and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "url_malformed",
            Self::Scheme => "url_scheme",
            Self::UserInfo => "url_userinfo",
            Self::HostForm => "url_host_form",
            Self::Port => "url_port",
            Self::Address => "url_address",
        }
    }
}

impl Policy {
    /// True when a connection to `ip` is allowed for an `https` URL (`secure`) or, else, for an
    /// `http` URL.
    pub fn allows(&self, ip: IpAddr, secure: bool) -> bool {
        if !secure {
            return self.allow_insecure && ip.is_loopback();
        }
        is_global_unicast(ip) || self.allow_hosts.iter().any(|block| block.contains(ip))
    }

    /// Checks everything that can be told without a name lookup. Also for use when a
    /// subscription is entered.
    ///
    /// # Errors
    /// The first rule the URL breaks.
    pub fn check_url(&self, raw: &str) -> Result<Url, UrlFault> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '\\' || is_hidden(c);
        if raw.len() > 2_048 || raw.contains(bad) {
            return Err(UrlFault::Malformed);
        }
        let url = Url::parse(raw).map_err(|_| UrlFault::Malformed)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" if self.allow_insecure => false,
            _ => return Err(UrlFault::Scheme),
        };
        // The parser forgives missing slashes and rewrites hosts, so the raw text is compared.
        let authority = raw
            .split_once("://")
            .and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
            .ok_or(UrlFault::Malformed)?;
        if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFault::UserInfo);
        }
        if url.port() == Some(0) {
            return Err(UrlFault::Port);
        }
        let written = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => authority,
        };
        let ip = match url.host().ok_or(UrlFault::Malformed)? {
            Host::Domain(name) => {
                let same = written.eq_ignore_ascii_case(name) || !written.is_ascii();
                return if same && !written.contains('%') {
                    Ok(url)
                } else {
                    Err(UrlFault::HostForm)
                };
            }
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
        };
        if url.host_str() != Some(written.to_ascii_lowercase().as_str()) {
            return Err(UrlFault::HostForm);
        }
        if self.allows(ip, secure) {
            Ok(url)
        } else {
            Err(UrlFault::Address)
        }
    }
}

/// Whether a host is this machine: `localhost` or a loopback address.
pub fn is_loopback_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_global_unicast_passes() {
        for good in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2400:3200::1",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2003::1",
        ] {
            assert!(is_global_unicast(ip(good)), "{good}");
        }
        for bad in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global_unicast(ip(bad)), "{bad}");
        }
    }

    #[test]
    fn cidr_blocks() {
        let block: Cidr = "10.20.0.0/14".parse().unwrap();
        assert!(block.contains(ip("10.23.255.255")) && !block.contains(ip("10.24.0.0")));
        assert!(!block.contains(ip("::ffff:10.20.0.1")));
        let all: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(ip("255.1.2.3")) && !all.contains(ip("::1")));
        let one: Cidr = "fd00::1".parse().unwrap();
        assert!(one.contains(ip("fd00::1")) && !one.contains(ip("fd00::2")));
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/-1",
            "10.0.0.0/+8x",
        ] {
            assert_eq!(bad.parse::<Cidr>(), Err(BadCidr), "{bad}");
        }
    }

    #[test]
    fn urls_of_the_plain_form_only() {
        let policy = Policy {
            allow_insecure: false,
            allow_hosts: vec!["10.1.0.0/16".parse().unwrap()],
        };
        for good in [
            "https://hooks.example/in",
            "https://hooks.example:8443/in?a=1",
            "https://HOOKS.example",
            "https://8.8.8.8/x",
            "https://[2606:4700:4700::1111]:443/",
            "https://10.1.2.3/x",
            "https://例子.中国/x",
        ] {
            assert!(policy.check_url(good).is_ok(), "{good}");
        }
        for (bad, fault) in [
            ("http://hooks.example/", UrlFault::Scheme),
            ("ftp://hooks.example/", UrlFault::Scheme),
            ("file:///etc/passwd", UrlFault::Scheme),
            ("https://u@hooks.example/", UrlFault::UserInfo),
            ("https://:p@hooks.example/", UrlFault::UserInfo),
            ("https://@hooks.example/", UrlFault::UserInfo),
            ("https:hooks.example/", UrlFault::Malformed),
            ("https://hooks.example\\@127.0.0.1/", UrlFault::Malformed),
            ("https://hooks.exa\tmple/", UrlFault::Malformed),
            ("https://hooks.example:0/", UrlFault::Port),
            ("https://127.1/", UrlFault::HostForm),
            ("https://0x08.8.8.8/", UrlFault::HostForm),
            ("https://134744072/", UrlFault::HostForm),
            ("https://010.8.8.8/", UrlFault::HostForm),
            ("https://8.8.8.8./", UrlFault::HostForm),
            ("https://%38.8.8.8/", UrlFault::HostForm),
            ("https://h%6foks.example/", UrlFault::HostForm),
            ("https://８.8.8.8/", UrlFault::HostForm),
            ("https://[2606:4700:4700:0:0:0:0:1111]/", UrlFault::HostForm),
            ("https://10.2.0.1/", UrlFault::Address),
            ("https://[::ffff:8.8.8.8]/", UrlFault::HostForm),
            ("https://[::ffff:808:808]/", UrlFault::Address),
        ] {
            assert_eq!(policy.check_url(bad), Err(fault), "{bad}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_tests_alone() {
        let open = Policy {
            allow_insecure: true,
            allow_hosts: vec!["0.0.0.0/0".parse().unwrap()],
        };
        assert!(open.check_url("http://127.0.0.1:9/").is_ok());
        assert_eq!(open.check_url("http://8.8.8.8/"), Err(UrlFault::Address));
        assert!(!open.allows(ip("10.0.0.1"), false) && open.allows(ip("10.0.0.1"), true));
    }
}
