//! Reading one's own account (P-AUTH).

use crate::{constants::domain, field::limbs, poseidon2::sponge, stream::Scope, Fr};

/// What a tag or a signature of P-AUTH is for. One that was made for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Purpose {
    /// The query of an account.
    Account = 1,
    /// The query of an account's fills.
    Fills = 2,
    /// The query of an account's receipts.
    Receipts = 3,
    /// The query of an account's notices.
    Notices = 4,
    /// The stream of an account's orders.
    OrderStream = 16,
    /// The stream of an account's fills.
    FillStream = 17,
    /// The stream of an account's positions.
    PositionStream = 18,
    /// The stream of an account's margin.
    MarginStream = 19,
    /// The account's orders leave the books when the connection ends. This one is signed with the trading key.
    CancelOnDisconnect = 32,
}

/// The account that a reader asks for, for what, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Chain and group.
    pub scope: Scope,
    /// What is asked for.
    pub purpose: Purpose,
    /// Account index.
    pub index: u32,
    /// Milliseconds of Unix time.
    pub time: u64,
}

impl Request {
    /// The tag that proves knowledge of the account's view key.
    pub fn tag(&self, view_key: Fr) -> Fr {
        let [lo, hi, purpose, group, index, time] = self.elements();
        sponge(domain::AUTH, &[view_key, lo, hi, purpose, group, index, time])
    }

    /// The message that the account's trading key signs where the view key does not suffice.
    pub fn message(&self) -> Fr {
        sponge(domain::AUTH, &self.elements())
    }

    fn elements(&self) -> [Fr; 6] {
        let (lo, hi) = limbs(&self.scope.genesis);
        [
            lo,
            hi,
            Fr::from(self.purpose as u64),
            Fr::from(u64::from(self.scope.group)),
            Fr::from(u64::from(self.index)),
            Fr::from(self.time),
        ]
    }
}
