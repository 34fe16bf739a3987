//! What one client may ask for (Q-LIMIT).
//!
//! A client is an account, once its signature or tag is verified, or the address of a connection. Each has a bucket of
//! its own, so that nobody is refused for what another one does.

use cloister_engine::{AccountIndex, Millis};
use std::collections::BTreeMap;

/// A request's share of a bucket.
const REQUEST: u64 = 1_000;
/// Clients that are remembered, of each kind. A client that has not asked for a while needs no memory.
const MAX_CLIENTS: usize = 100_000;

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Times per second, in the long run.
    pub per_second: u32,
    /// Times at once, after a pause.
    pub burst: u32,
}

/// What one client may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one account.
    pub account: Rate,
    /// Requests from one address.
    pub address: Rate,
    /// Connections of all clients together.
    pub connections: u32,
    /// Connections from one address.
    pub connections_per_address: u32,
    /// Subscriptions of one connection.
    pub subscriptions_per_connection: u32,
    /// Bytes of one request.
    pub request_bytes: u32,
    /// Bytes of one answer.
    pub answer_bytes: u32,
    /// Calls in one JSON-RPC batch.
    pub calls_per_batch: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            account: Rate {
                per_second: 100,
                burst: 300,
            },
            address: Rate {
                per_second: 200,
                burst: 600,
            },
            connections: 2_000,
            connections_per_address: 32,
            subscriptions_per_connection: 64,
            request_bytes: 64 * 1_024,
            answer_bytes: 4 * 1_024 * 1_024,
            calls_per_batch: 64,
        }
    }
}

/// What is left of a client's share.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In thousandths of a request.
    left: u64,
    at: Millis,
}

/// One bucket for each client: it fills with time, and every request takes from it.
#[derive(Clone, Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    capacity: usize,
    /// Those that are not full.
    clients: BTreeMap<K, Bucket>,
    /// Of all clients that there is no room for.
    others: Bucket,
}

/// The requests that accounts may still make.
pub(crate) type Requests = Buckets<AccountIndex>;

impl<K: Copy + Ord> Buckets<K> {
    pub fn new(rate: Rate) -> Self {
        Self::with_capacity(rate, MAX_CLIENTS)
    }

    fn with_capacity(rate: Rate, capacity: usize) -> Self {
        let others = Bucket {
            left: u64::from(rate.burst).saturating_mul(REQUEST),
            at: 0,
        };
        Self {
            rate,
            capacity,
            clients: BTreeMap::new(),
            others,
        }
    }

    fn full(&self) -> u64 {
        u64::from(self.rate.burst).saturating_mul(REQUEST)
    }

    /// What is in a bucket after the time that has passed.
    fn filled(&self, bucket: Bucket, now: Millis) -> u64 {
        // Requests per second are thousandths of a request per millisecond.
        let more = now
            .saturating_sub(bucket.at)
            .saturating_mul(self.rate.per_second.into());
        bucket.left.saturating_add(more).min(self.full())
    }

    /// Whether a client may ask now. It takes nothing.
    pub fn has(&self, client: K, now: Millis) -> bool {
        let bucket = self.clients.get(&client).copied();
        bucket.is_none_or(|bucket| self.filled(bucket, now) >= REQUEST)
    }

    /// Takes a request's share; false if there is not enough.
    pub fn take(&mut self, client: K, now: Millis) -> bool {
        if !self.clients.contains_key(&client) && self.clients.len() >= self.capacity {
            self.forget_full(now);
        }
        let bucket = match self.clients.get(&client) {
            Some(bucket) => *bucket,
            None if self.clients.len() >= self.capacity => self.others,
            None => Bucket {
                left: self.full(),
                at: now,
            },
        };
        let filled = self.filled(bucket, now);
        let left = filled.checked_sub(REQUEST);
        let bucket = Bucket {
            left: left.unwrap_or(filled),
            at: now.max(bucket.at),
        };
        if self.clients.contains_key(&client) || self.clients.len() < self.capacity {
            self.clients.insert(client, bucket);
        } else {
            self.others = bucket;
        }
        left.is_some()
    }

    fn forget_full(&mut self, now: Millis) {
        let full = self.full();
        let clients = std::mem::take(&mut self.clients);
        self.clients = clients
            .into_iter()
            .filter(|(_, bucket)| self.filled(*bucket, now) < full)
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    #[test]
    fn a_client_may_ask_at_once_as_often_as_its_burst_and_then_at_its_rate() {
        let mut buckets = Buckets::new(RATE);
        let times = |buckets: &mut Buckets<u8>, now| (0..9).filter(|_| buckets.take(1, now)).count();
        assert_eq!(times(&mut buckets, 1_000), 3);
        assert!(!buckets.has(1, 1_099));
        assert!(buckets.has(1, 1_100));
        assert_eq!(times(&mut buckets, 1_100), 1);
        assert_eq!(times(&mut buckets, 1_310), 2);
        assert_eq!(times(&mut buckets, 60_000), 3);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut buckets = Buckets::new(RATE);
        for now in [5_000, 4_000, 3_000] {
            assert!(buckets.take(1, now));
        }
        for now in [2_000, 4_999, 5_099] {
            assert!(!buckets.take(1, now));
        }
    }

    #[test]
    fn what_one_client_asks_takes_nothing_from_another() {
        let mut buckets = Buckets::new(RATE);
        while buckets.take(1, 0) {}
        assert!(buckets.has(2, 0) && buckets.take(2, 0));
    }

    #[test]
    fn memory_is_bounded_and_those_who_find_no_room_share_one_bucket() {
        let mut buckets = Buckets::with_capacity(RATE, 2);
        assert!(buckets.take(1, 0) && buckets.take(2, 0));
        assert_eq!((3..9).filter(|client| buckets.take(*client, 0)).count(), 3);
        assert_eq!(buckets.clients.len(), 2);
        // The two go on as before.
        assert!(buckets.take(1, 0) && buckets.take(2, 0));
        // Who has not asked for a while makes room.
        assert!(buckets.take(4, 10_000));
        assert_eq!(buckets.clients.keys().copied().collect::<Vec<_>>(), [4]);
    }

    proptest! {
        /// In any stretch of time a client gets its burst and its rate, and no more.
        #[test]
        fn nobody_gets_more_than_burst_and_rate(steps in proptest::collection::vec(0u64..300, 1..200)) {
            let mut buckets = Buckets::new(RATE);
            let (mut now, mut taken) = (0, Vec::new());
            for step in steps {
                now += step;
                if buckets.take(1, now) {
                    taken.push(now);
                }
            }
            for (first, from) in taken.iter().enumerate() {
                for (more, to) in taken[first..].iter().enumerate() {
                    let allowed = u64::from(RATE.burst) * 1_000 + (to - from) * u64::from(RATE.per_second);
                    prop_assert!((more as u64 + 1) * 1_000 <= allowed);
                }
            }
        }
    }
}
