//! Cancel on disconnect: an account's orders leave the books when the subscription ends that asked for it (Q-STREAM).

use cloister_engine::{AccountIndex, Millis};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
struct Asked {
    /// Time of the newest signature. Older ones are worth nothing.
    time: Millis,
    /// Which subscription it belongs to; `None` once that has ended.
    number: Option<u64>,
}

/// Who has asked for it.
#[derive(Clone, Debug)]
pub(crate) struct SwitchOffs {
    /// Signatures from before this time may have been used before.
    from: Millis,
    accounts: BTreeMap<AccountIndex, Asked>,
    next: u64,
    /// Accounts whose orders are to go once there is a core again.
    owed: Vec<AccountIndex>,
}

impl SwitchOffs {
    pub fn new(from: Millis) -> Self {
        Self {
            from,
            accounts: BTreeMap::new(),
            next: 0,
            owed: Vec::new(),
        }
    }

    /// The orders of an account are to go, and there is no core now.
    pub fn owe(&mut self, account: AccountIndex) {
        self.owed.push(account);
    }

    /// The accounts whose orders were to go while there was no core.
    pub fn take_owed(&mut self) -> Vec<AccountIndex> {
        std::mem::take(&mut self.owed)
    }

    /// A subscription asks for it with a signature of this time, and takes the place of the account's one before.
    /// `None` if the time is not above that of the account's newest.
    pub fn ask(&mut self, account: AccountIndex, time: Millis) -> Option<u64> {
        let newest = self.accounts.get(&account).map_or(self.from, |asked| asked.time);
        if time <= newest {
            return None;
        }
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let asked = Asked {
            time,
            number: Some(number),
        };
        self.accounts.insert(account, asked);
        Some(number)
    }

    /// A subscription has ended: whether the account's orders are to go.
    pub fn ended(&mut self, account: AccountIndex, number: u64) -> bool {
        match self.accounts.get_mut(&account) {
            Some(asked) if asked.number == Some(number) => {
                asked.number = None;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: AccountIndex = AccountIndex(1);
    const BOB: AccountIndex = AccountIndex(2);

    #[test]
    fn only_the_newest_subscription_of_an_account_counts_and_only_once() {
        let mut switch_offs = SwitchOffs::new(100);
        let first = switch_offs.ask(ALICE, 101).unwrap();
        let second = switch_offs.ask(ALICE, 102).unwrap();
        let other = switch_offs.ask(BOB, 101).unwrap();
        assert!(!switch_offs.ended(ALICE, first));
        assert!(switch_offs.ended(ALICE, second));
        assert!(!switch_offs.ended(ALICE, second));
        assert!(switch_offs.ended(BOB, other));
    }

    #[test]
    fn what_is_owed_while_there_is_no_core_is_done_once() {
        let mut switch_offs = SwitchOffs::new(100);
        switch_offs.owe(BOB);
        switch_offs.owe(ALICE);
        assert_eq!(switch_offs.take_owed(), [BOB, ALICE]);
        assert!(switch_offs.take_owed().is_empty());
    }

    #[test]
    fn a_signature_is_good_once_and_not_across_a_start() {
        let mut switch_offs = SwitchOffs::new(100);
        assert_eq!(switch_offs.ask(ALICE, 100), None);
        let number = switch_offs.ask(ALICE, 200).unwrap();
        assert!(switch_offs.ended(ALICE, number));
        for time in [200, 199] {
            assert_eq!(switch_offs.ask(ALICE, time), None);
        }
    }
}
