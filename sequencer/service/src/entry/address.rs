//! The client that a request is from.

use ipnet::IpNet;
use jsonrpsee::server::HttpRequest;
use std::net::{IpAddr, Ipv6Addr};

/// Bits of an IPv6 address that a client cannot choose.
const IPV6_NETWORK: u32 = 64;

/// A client by its address. One of IPv6 is its network, because it has as many addresses as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> IPV6_NETWORK << IPV6_NETWORK;
                Self(Ipv6Addr::from_bits(network).into())
            }
            IpAddr::V4(address) => Self(address.into()),
        }
    }
}

/// Whether an address is that of a proxy whose word is taken.
pub(crate) fn is_trusted(trusted: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The client that a request is from: the peer, or, if the peer is a trusted proxy, the last one on the way that is
/// not.
///
/// Everything to the left of that one was written by somebody who may write what he likes.
pub(crate) fn client<B>(trusted: &[IpNet], peer: IpAddr, request: &HttpRequest<B>) -> Client {
    let headers = request.headers().get_all("x-forwarded-for");
    let way: Vec<&str> = headers
        .iter()
        .flat_map(|header| header.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    let mut last = peer;
    for step in way.into_iter().rev() {
        if !is_trusted(trusted, last) {
            break;
        }
        match step.parse() {
            Ok(address) => last = address,
            Err(_) => break,
        }
    }
    last.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(peer: &str, headers: &[&str]) -> Client {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"]
            .iter()
            .map(|net| net.parse().unwrap())
            .collect();
        let mut request = HttpRequest::new(());
        for header in headers {
            request.headers_mut().append("x-forwarded-for", header.parse().unwrap());
        }
        client(&trusted, peer.parse().unwrap(), &request)
    }

    fn is(address: &str) -> Client {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_can_name_another() {
        assert_eq!(whose("9.9.9.9", &["1.2.3.4"]), is("9.9.9.9"));
        assert_eq!(whose("10.0.0.1", &["1.2.3.4"]), is("1.2.3.4"));
        assert_eq!(whose("::ffff:10.0.0.1", &["1.2.3.4"]), is("1.2.3.4"));
    }

    #[test]
    fn what_a_client_writes_into_the_header_itself_is_worth_nothing() {
        assert_eq!(whose("10.0.0.1", &["8.8.8.8, 1.2.3.4"]), is("1.2.3.4"));
        assert_eq!(whose("10.0.0.1", &["8.8.8.8", "1.2.3.4, 10.0.0.2"]), is("1.2.3.4"));
        assert_eq!(whose("10.0.0.1", &["10.0.0.7, 1.2.3.4"]), is("1.2.3.4"));
        assert_eq!(whose("10.0.0.1", &["1.2.3.4, nonsense"]), is("10.0.0.1"));
        assert_eq!(whose("10.0.0.1", &[]), is("10.0.0.1"));
    }

    #[test]
    fn a_client_of_ipv6_is_its_network() {
        assert_eq!(is("2001:db8:1:2:3::4"), is("2001:db8:1:2:ffff::1"));
        assert_ne!(is("2001:db8:1:2::4"), is("2001:db8:1:3::4"));
        assert_eq!(is("::ffff:1.2.3.4"), is("1.2.3.4"));
        assert_ne!(is("1.2.3.4"), is("1.2.3.5"));
    }
}
