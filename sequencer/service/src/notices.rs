//! What accounts are told of what could not be proven (Q-VOID).

use crate::rpc::cause::void_cause;
use cloister_batcher::{Event, VoidReason, Voided};
use cloister_engine::{AccountIndex, FillId, Millis};
use cloister_sequencer_rpc::types::VoidCause;
use cloister_types::{Amount, InstructionId, InstrumentId, Lots, Price};
use codec::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};

/// Maximum number of notices that are kept for an account; the oldest are forgotten.
const PER_ACCOUNT: usize = 1_000;

/// What has not happened after all.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum What {
    /// A fill of one of the account's orders.
    Fill {
        fill: FillId,
        order: InstructionId,
        instrument: InstrumentId,
        price: Price,
        quantity: Lots,
    },
    /// A withdrawal: its money is still in the account.
    Withdrawal { id: InstructionId, amount: Amount },
}

/// A notice to one account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Notice {
    /// Counts the account's notices from 0.
    pub number: u64,
    pub time: Millis,
    pub what: What,
    /// Why it cannot be proven, as far as the account may know: nobody learns another's margin.
    pub reason: VoidCause,
    /// The same in words.
    pub message: String,
}

/// The notices of every account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Notices {
    accounts: BTreeMap<AccountIndex, VecDeque<Notice>>,
    /// The number that the next notice of an account gets.
    next: BTreeMap<AccountIndex, u64>,
}

impl Notices {
    /// Tells everybody whom it concerns.
    pub fn tell(&mut self, time: Millis, voided: &Voided) {
        match &voided.event {
            Event::Filled(fill) => {
                for side in [&fill.maker, &fill.taker] {
                    let what = What::Fill {
                        fill: fill.id,
                        order: side.key.id,
                        instrument: fill.instrument_id,
                        price: fill.price,
                        quantity: fill.quantity,
                    };
                    self.push(side.key.account, time, what, &voided.reason);
                }
            }
            Event::Unsigned(group) => {
                for matched in group.orders() {
                    let what = What::Fill {
                        fill: matched.id,
                        order: matched.order.key.id,
                        instrument: matched.order.order.instruction.instrument_id,
                        price: matched.price,
                        quantity: matched.quantity,
                    };
                    self.push(matched.order.key.account, time, what, &voided.reason);
                }
            }
            Event::Bound(signed) => {
                let instruction = &signed.instruction;
                let what = What::Withdrawal {
                    id: instruction.id,
                    amount: instruction.amount(),
                };
                self.push(instruction.index, time, what, &voided.reason);
            }
        }
    }

    fn push(&mut self, account: AccountIndex, time: Millis, what: What, reason: &VoidReason) {
        let next = self.next.entry(account).or_default();
        let (reason, message) = match reason.account() {
            Some(guilty) if guilty != account => {
                let message = "the other side of the fill can no longer be proven";
                (VoidCause::Counterparty, message.into())
            }
            // The account's own side, or nobody's in particular: the table, or the ledger.
            _ => (void_cause(reason), reason.to_string()),
        };
        let own = self.accounts.entry(account).or_default();
        if own.len() >= PER_ACCOUNT {
            own.pop_front();
        }
        own.push_back(Notice {
            number: *next,
            time,
            what,
            reason,
            message,
        });
        *next = next.saturating_add(1);
    }

    /// The notices of an account with numbers from `from` on.
    pub fn of(&self, account: AccountIndex, from: u64, limit: usize) -> impl Iterator<Item = &Notice> {
        let own = self.accounts.get(&account).into_iter().flatten();
        own.filter(move |notice| notice.number >= from).take(limit)
    }
}
