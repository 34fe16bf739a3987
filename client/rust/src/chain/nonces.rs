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

    /// A pool has a transaction of the account with this nonce, where the node said `said`. While the node says less
    /// than was used, the time goes on that it is given to count what it overlooks.
    pub fn use_up(&mut self, account: &AccountId, nonce: Nonce, said: Nonce) {
        let next = nonce.saturating_add(1);
        let since = self.0.get(account).filter(|_| said < nonce).map(|used| used.at);
        let at = since.unwrap_or_else(Instant::now);
        self.0.insert(account.clone(), Used { next, at });
    }

    /// What the node says counts again: one of the account's transactions is gone.
    pub fn forget(&mut self, account: &AccountId) {
        self.0.remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId::new([1; 32]);

    /// As if everything had happened that much earlier.
    fn earlier(nonces: &mut Nonces, by: Duration) {
        for used in nonces.0.values_mut() {
            used.at = used.at.checked_sub(by).expect("the machine runs for longer");
        }
    }

    #[test]
    fn a_nonce_should_be_used_once_whatever_the_node_says() {
        let mut nonces = Nonces::default();
        assert_eq!(nonces.next(&ACCOUNT, 7), 7);
        nonces.use_up(&ACCOUNT, 7, 7);
        assert_eq!(nonces.next(&ACCOUNT, 7), 8);
        assert_eq!(nonces.next(&ACCOUNT, 12), 12);
        assert_eq!(nonces.next(&AccountId::new([2; 32]), 3), 3);
        nonces.forget(&ACCOUNT);
        assert_eq!(nonces.next(&ACCOUNT, 7), 7);
    }

    #[test]
    fn the_node_should_have_the_last_word_after_a_while() {
        let half = REMEMBERED / 2;
        let mut nonces = Nonces::default();
        nonces.use_up(&ACCOUNT, 7, 7);
        earlier(&mut nonces, half);
        // It still does not count the first one, and has no more time for that because there is another.
        nonces.use_up(&ACCOUNT, 8, 7);
        assert_eq!(nonces.next(&ACCOUNT, 7), 9);
        earlier(&mut nonces, half);
        assert_eq!(nonces.next(&ACCOUNT, 7), 7);
        // It counts all of them again.
        nonces.use_up(&ACCOUNT, 9, 9);
        earlier(&mut nonces, half);
        assert_eq!(nonces.next(&ACCOUNT, 7), 10);
    }
}
