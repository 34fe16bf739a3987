//! A settled ledger as bytes: what a checkpoint keeps of it.
//!
//! Only what nothing else gives is kept: the trees are made again from their leaves.

use cloister_crypto::{
    field::{from_bytes, to_bytes, FieldError},
    Fr,
};
use cloister_ledger::{state::AccountState, Account, GroupLedger, House, OrderTree};
use cloister_types::AccountIndex;
use codec::{Decode, DecodeAll, Encode};

/// Why bytes are not the contents of a ledger.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// They are not in the format.
    #[error("they do not decode: {0}")]
    Format(#[from] codec::Error),
    /// An element is not one of the field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The accounts are not in the order of their indices, or one is there twice.
    #[error("account {0} is not behind the one before it")]
    Order(AccountIndex),
    /// The order slots of an account do not give the root that it has.
    #[error("the order slots of account {0} do not give the root of its order tree")]
    Orders(AccountIndex),
}

/// An account with its order slots that are not empty, by their numbers.
#[derive(Encode, Decode)]
struct KeptAccount {
    index: AccountIndex,
    account: Account,
    slots: Vec<(u32, [u8; 32])>,
}

#[derive(Encode, Decode)]
struct Kept {
    house: House,
    accounts: Vec<KeptAccount>,
}

impl KeptAccount {
    fn of(index: AccountIndex, state: &AccountState) -> Self {
        let slots = state.orders.leaves();
        Self {
            index,
            account: state.account.clone(),
            slots: slots.map(|(slot, value)| (slot, to_bytes(&value))).collect(),
        }
    }

    fn state(self) -> Result<AccountState, ContentsError> {
        let slots = self.slots.iter().map(|(slot, value)| Ok((*slot, from_bytes(value)?)));
        let orders = OrderTree::of_leaves(slots.collect::<Result<Vec<(u32, Fr)>, FieldError>>()?);
        if orders.root() != self.account.orders_root {
            return Err(ContentsError::Orders(self.index));
        }
        Ok(AccountState {
            account: self.account,
            orders,
        })
    }
}

/// The bytes of a ledger.
pub(super) fn encode(ledger: &GroupLedger) -> Vec<u8> {
    let accounts = ledger.accounts();
    let kept = Kept {
        house: ledger.house().clone(),
        accounts: accounts.map(|(index, state)| KeptAccount::of(index, state)).collect(),
    };
    kept.encode()
}

/// The ledger whose bytes they are; `batch_no` is the number of its next batch.
pub(super) fn decode(bytes: &[u8], batch_no: u64) -> Result<GroupLedger, ContentsError> {
    let Kept { house, accounts } = Kept::decode_all(&mut &bytes[..])?;
    let mut pairs = accounts.iter().zip(accounts.iter().skip(1));
    if let Some((_, after)) = pairs.find(|(before, after)| after.index <= before.index) {
        return Err(ContentsError::Order(after.index));
    }
    let accounts = accounts.into_iter().map(|kept| Ok((kept.index, kept.state()?)));
    let accounts = accounts.collect::<Result<Vec<_>, ContentsError>>()?;
    Ok(GroupLedger::of_parts(accounts, house, batch_no))
}
