//! A server of its own for the sequencer's methods, streams and probes, with limits that stop only the client that
//! meets them (Q-LIMIT).
//!
//! It speaks HTTP and WebSocket without TLS: on the open network it stands behind a proxy (docs/order-entry.md).

mod address;
mod calls;
mod clients;
mod serve;

use crate::limits::Limits;
use ipnet::IpNet;
use jsonrpsee::server::ServerHandle;
use std::net::SocketAddr;

pub(crate) use serve::serve;

/// Where and for whom to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryConfig {
    /// Address and port to listen at.
    pub listen: SocketAddr,
    /// What one client may ask for.
    pub limits: Limits,
    /// Proxies whose word is taken for whom they ask (`X-Forwarded-For`). Nobody else's is.
    pub trusted_proxies: Vec<IpNet>,
    /// Web pages that may ask.
    pub origins: Origins,
}

/// Web pages that may ask. Programs that are no browsers are not concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// All.
    Any,
    /// These, each as `https://example.org`.
    Only(Vec<String>),
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The address cannot be listened at.
    #[error("orders cannot be taken at {listen}: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Not an origin.
    #[error("{0:?} is no origin of web pages; one looks like https://example.org")]
    Origin(String),
}

/// A server that runs. It stops when this is dropped; connections end as soon as what they asked for is answered.
#[derive(Debug)]
pub struct Entry {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Entry {
    /// Where it listens: the port that was found, if none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.handle.stop();
    }
}
