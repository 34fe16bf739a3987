//! How many connections each client has, and what it may still ask for.

use super::address::Client;
use crate::{
    limits::{Buckets, Limits},
    time::millis,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// All clients.
#[derive(Debug)]
pub(crate) struct Clients {
    started: Instant,
    most: u32,
    connections: Mutex<BTreeMap<Client, u32>>,
    calls: Mutex<Buckets<Client>>,
}

impl Clients {
    pub fn new(limits: &Limits) -> Self {
        Self {
            started: Instant::now(),
            most: limits.connections_per_address,
            connections: Mutex::new(BTreeMap::new()),
            calls: Mutex::new(Buckets::new(limits.address)),
        }
    }

    /// Whether a client may call now; it counts.
    pub fn may_call(&self, client: Client) -> bool {
        let now = millis(self.started.elapsed());
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(client, now)
    }

    /// A connection of a client; `None` if it has as many as it may.
    pub fn connect(self: &Arc<Self>, client: Client) -> Option<Connection> {
        let mut connections = self.connections();
        let has = connections.get(&client).copied().unwrap_or_default();
        let more = has.checked_add(1).filter(|more| *more <= self.most)?;
        connections.insert(client, more);
        Some(Connection {
            clients: self.clone(),
            client,
        })
    }

    fn connections(&self) -> MutexGuard<'_, BTreeMap<Client, u32>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts as long as it lives.
#[derive(Debug)]
pub(crate) struct Connection {
    clients: Arc<Clients>,
    client: Client,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut connections = self.clients.connections();
        let left = connections.get(&self.client).and_then(|has| has.checked_sub(1));
        match left {
            Some(left) if left > 0 => connections.insert(self.client, left),
            _ => connections.remove(&self.client),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn connections_of_one_client_are_no_others() {
        let limits = Limits {
            connections_per_address: 2,
            ..Limits::default()
        };
        let clients = Arc::new(Clients::new(&limits));
        let client = |last| Client::from(IpAddr::from([1, 2, 3, last]));
        let held = [clients.connect(client(1)), clients.connect(client(1))];
        assert!(held.iter().all(Option::is_some));
        assert!(clients.connect(client(1)).is_none());
        assert!(clients.connect(client(2)).is_some());
        drop(held);
        assert!(clients.connect(client(1)).is_some());
        assert!(clients.connections().is_empty(), "nothing is remembered of who is gone");
    }
}
