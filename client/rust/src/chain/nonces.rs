//! Nonces that were used.

use cloister_runtime::{AccountId, Nonce};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a nonce is known to be used whatever the node says: five blocks. A transaction that is still not counted by
/// then is lost.
const REMEMBERED: Duration = Duration::from_secs(30);

/// The nonces that were used last, by signer. While a pool prepares its view of a new block it may not count a
/// transaction that it has.
#[derive(Debug, Default)]
pub struct Nonces(HashMap<AccountId, Used>);

#[derive(Debug)]
struct Used {
    next: Nonce,
    at: Instant,
}

impl Nonces {
    /// The next nonce of an account, if the node says `said`.
    pub fn next(&self, account: &AccountId, said: Nonce) -> Nonce {
        let used = self.0.get(account).filter(|used| used.at.elapsed() < REMEMBERED);
        used.map_or(said, |used| used.next.max(said))
    }

    /// A pool has a transaction of the account with this nonce.
    pub fn use_up(&mut self, account: &AccountId, nonce: Nonce) {
        let next = nonce.saturating_add(1);
        let at = Instant::now();
        self.0.insert(account.clone(), Used { next, at });
    }

    /// What the node says counts again: one of the account's transactions is gone.
    pub fn forget(&mut self, account: &AccountId) {
        self.0.remove(account);
    }
}
