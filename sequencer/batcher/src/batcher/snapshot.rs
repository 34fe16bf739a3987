//! The batcher as bytes, and back: what a sequencer starts from again, and what it compares.
//!
//! What follows from the rest is left out: the ledger after the closed batches, and their witnesses. A field that is
//! not listed here does not compile.

use super::{Batcher, Unsettled};
use crate::{
    closed::ClosedBatch,
    config::BatcherConfig,
    error::BatcherError,
    event::{Event, QueueItem},
};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_ledger::{state::AccountState, wire::Wire, GroupLedger, OrderTree};
use codec::{Compact, Decode, Encode, Error, Input, Output};
use std::collections::VecDeque;

/// Why bytes are not a batcher.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// They are not the encoding of one.
    #[error("they do not decode: {0}")]
    Format(#[from] Error),
    /// A batch that was closed cannot be made again.
    #[error("a closed batch cannot be made again: {0}")]
    Batch(#[from] BatcherError),
    /// The batches that were closed leave another ledger than they did.
    #[error("batch {0} leaves another ledger than it did when it was closed")]
    Root(u64),
}

impl Batcher {
    /// All of it but which closed batches were taken, as bytes. Batchers of the same bytes do the same from then on.
    pub fn encoded(&self) -> Vec<u8> {
        let Self {
            config,
            settled,
            settled_time,
            head: _,
            last_time,
            table,
            open,
            pending,
            waiting,
            unsettled,
            ready: _,
            unbound,
            // Whoever has the batcher takes them after every call.
            voided: _,
            forced,
            ended,
        } = self;
        let mut out = Vec::new();
        config.encode_to(&mut out);
        write_ledger(settled, &mut out);
        (settled_time, last_time, table, open, pending, waiting).encode_to(&mut out);
        unsettled.encode_to(&mut out);
        (unbound, forced, ended).encode_to(&mut out);
        out
    }

    /// The batcher of these bytes; what follows them is left. Every batch that is not settled is closed and waits in
    /// [`Self::next_closed`].
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn decode<I: Input>(input: &mut I) -> Result<Self, RestoreError> {
        let config: BatcherConfig = Decode::decode(input)?;
        let settled = read_ledger(input)?;
        let (settled_time, last_time, table, open, pending, waiting) = Decode::decode(input)?;
        let unsettled = Decode::decode(input)?;
        let (unbound, forced, ended) = Decode::decode(input)?;
        let mut batcher = Self {
            config,
            head: settled.clone(),
            settled,
            settled_time,
            last_time,
            table,
            open,
            pending,
            waiting,
            unsettled,
            ready: VecDeque::new(),
            unbound,
            voided: Vec::new(),
            forced,
            ended,
        };
        batcher.reopen()?;
        Ok(batcher)
    }

    /// Makes every batch that is not settled again, as it is in its present request, so that all of them wait in
    /// [`Self::next_closed`]: whoever had taken them is gone. Which cancels were left out of them is not told again.
    ///
    /// # Errors
    /// [`RestoreError::Batch`], [`RestoreError::Root`]. Nothing has changed then.
    pub fn reopen(&mut self) -> Result<(), RestoreError> {
        let (mut head, mut ready) = (self.settled.clone(), VecDeque::new());
        for closed in &self.unsettled {
            let batch_no = closed.request.context.batch_no;
            let made = head.apply(closed.shape, &closed.request);
            let (witness, effect) = made.map_err(|source| BatcherError::Refused {
                batch_no,
                unit: None,
                source,
            })?;
            if effect.statement.new_root != closed.root {
                return Err(RestoreError::Root(batch_no));
            }
            ready.push_back(ClosedBatch {
                shape: closed.shape,
                request: closed.request.clone(),
                witness,
                effect,
                items: closed.items.iter().map(QueueItem::item).collect(),
                fills: closed.fills(),
                used: closed.used,
                unbound: Vec::new(),
                closed_at: closed.closed_at,
            });
        }
        (self.head, self.ready) = (head, ready);
        Ok(())
    }
}

impl Unsettled {
    fn fills(&self) -> usize {
        let filled = |event: &Event| matches!(event, Event::Filled(_));
        self.entries.iter().filter(|entry| filled(&entry.event)).count()
    }
}

impl Encode for Unsettled {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            shape,
            request,
            root,
            entries,
            items,
            used,
            closed_at,
        } = self;
        let used = u32::try_from(*used).unwrap_or(u32::MAX);
        (shape, request, to_bytes(root), entries, items, used, closed_at).encode_to(out);
    }
}

impl Decode for Unsettled {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            shape: Decode::decode(input)?,
            request: Decode::decode(input)?,
            root: Fr::read_from(input)?,
            entries: Decode::decode(input)?,
            items: Decode::decode(input)?,
            used: usize::try_from(u32::decode(input)?).map_err(|_| "a count does not fit")?,
            closed_at: Decode::decode(input)?,
        })
    }
}

/// Trees are left out but for their leaves.
fn write_ledger(ledger: &GroupLedger, out: &mut Vec<u8>) {
    (ledger.batch_no(), ledger.house()).encode_to(out);
    Compact(u32::try_from(ledger.accounts().count()).unwrap_or(u32::MAX)).encode_to(out);
    for (index, state) in ledger.accounts() {
        (index, &state.account).encode_to(out);
        let slots: Vec<(u32, [u8; 32])> = state.orders.leaves().map(|(at, leaf)| (at, to_bytes(&leaf))).collect();
        slots.encode_to(out);
    }
}

fn read_ledger<I: Input>(input: &mut I) -> Result<GroupLedger, Error> {
    let (batch_no, house) = Decode::decode(input)?;
    let Compact(count) = Compact::<u32>::decode(input)?;
    let mut accounts = Vec::new();
    for _ in 0..count {
        let (index, account) = Decode::decode(input)?;
        let mut leaves = Vec::new();
        for _ in 0..Compact::<u32>::decode(input)?.0 {
            leaves.push((u32::decode(input)?, Fr::read_from(input)?));
        }
        let orders = OrderTree::of_leaves(leaves);
        accounts.push((index, AccountState { account, orders }));
    }
    Ok(GroupLedger::of_parts(accounts, house, batch_no))
}
