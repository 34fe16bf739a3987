//! Queue items on their way into the core: read outside the lock, for one place of the queue.

use crate::{halt::Halt, keys::SequencerKeys};
use cloister_batcher::{QueueItem, Request};
use cloister_engine::{Effect, Engine, InputError};
use cloister_risk::RiskTable;
use cloister_settlement::{ItemKind, QueueItem as Queued};
use cloister_types::{AccountIndex, ItemId};
use codec::{Decode, Encode};
use std::collections::BTreeSet;

/// A place of the queue, up to which its items were taken.
pub(crate) struct QueuePlace {
    /// The next item.
    pub next_item: u64,
    /// Accounts whose open, before it, no secret opens.
    pub sealed: BTreeSet<AccountIndex>,
}

/// Queue items that are ready, as engine and batcher take them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Ready {
    /// The item that was the next one when they were read.
    pub from: u64,
    /// The items.
    pub items: Vec<QueueItem>,
    /// The item that is the next one after them.
    pub next_item: u64,
    /// Accounts whose open, before that, no secret opens.
    pub sealed: BTreeSet<AccountIndex>,
    /// The last item among them that no secret opens.
    pub unopened: Option<ItemId>,
}

impl Ready {
    /// Reads what is ready at a table, among items from a place of the queue on. It opens seals, which takes a while:
    /// not to be done under a lock.
    pub fn read<A>(place: QueuePlace, keys: &SequencerKeys, table: &RiskTable, items: &[(u64, Queued<A>)]) -> Self {
        let QueuePlace {
            next_item: from,
            sealed,
        } = place;
        let new = items
            .iter()
            .filter(|(id, item)| *id >= from && item.ready_at <= table.header.time);
        let mut ready = Self {
            from,
            items: Vec::new(),
            next_item: from,
            sealed,
            unopened: None,
        };
        for (id, item) in new {
            ready.take(*id, item, keys);
        }
        ready
    }

    /// Reads an item. An open that no secret opens is left out, and so is what was queued for its account; nothing else
    /// waits for it until it is overdue.
    fn take<A>(&mut self, id: u64, queued: &Queued<A>, keys: &SequencerKeys) {
        self.next_item = id.saturating_add(1);
        let (item, account, amount) = (ItemId(id), queued.index, queued.amount);
        let request = |request| QueueItem::Request {
            item,
            account,
            request,
            deadline: queued.deadline,
        };
        match &queued.kind {
            ItemKind::Deposit if self.sealed.contains(&account) => {}
            ItemKind::Deposit => self.items.push(QueueItem::Deposit {
                item,
                account,
                amount,
                deadline: queued.deadline,
            }),
            ItemKind::Switch(_) | ItemKind::Close | ItemKind::ForcedWithdrawal { .. } | ItemKind::Rekey(_)
                if self.sealed.contains(&account) => {}
            ItemKind::ForcedWithdrawal { amount } => {
                self.items.push(request(Request::ForcedWithdrawal { amount: *amount }));
            }
            ItemKind::Rekey(keys_asked) => match keys_asked.unseal(keys) {
                Some((public_key, view_key)) => self.items.push(request(Request::Rekey { public_key, view_key })),
                // The account goes on under the keys that it has.
                None => {
                    let found = Halt::Sealed { item: id };
                    log::error!(target: "cloister", "Account {account} cannot be re-keyed: {found}");
                    self.unopened = Some(item);
                }
            },
            ItemKind::Switch(switches) => self.items.push(request(Request::Switch(*switches))),
            ItemKind::Close => self.items.push(request(Request::Close)),
            ItemKind::PayInsurance => self.items.push(QueueItem::PayInsurance { item, amount }),
            ItemKind::TakeInsurance { amount, keep } => self.items.push(QueueItem::TakeInsurance {
                item,
                asked: *amount,
                keep: *keep,
            }),
            ItemKind::Open(open) => match open.unseal(keys) {
                Some((public_key, view_key)) => self.items.push(QueueItem::Open {
                    item,
                    account,
                    public_key,
                    view_key,
                    deposit: amount,
                    deadline: queued.deadline,
                }),
                None => {
                    let found = Halt::Sealed { item: id };
                    log::error!(target: "cloister", "Account {account} cannot be opened: {found}");
                    self.sealed.insert(account);
                    self.unopened = Some(item);
                }
            },
        }
    }
}

/// Lets the engine have an item.
///
/// Returns the orders that leave the books with it.
pub(super) fn enter(engine: &mut Engine, item: &QueueItem) -> Result<Vec<Effect>, InputError> {
    match item {
        QueueItem::Deposit { account, amount, .. } => engine.deposit(*account, *amount)?,
        QueueItem::Request { account, request, .. } => match request {
            // Whether a close takes effect is decided where it is put into a batch.
            Request::Switch(_) | Request::Close => {}
            Request::ForcedWithdrawal { amount } => engine.force_withdrawal(*account, *amount)?,
            Request::Rekey { public_key, view_key } => return engine.rekey(*account, *public_key, *view_key),
        },
        // The insurance is the house's, of which the engine knows nothing.
        QueueItem::PayInsurance { .. } | QueueItem::TakeInsurance { .. } => {}
        QueueItem::Open {
            account,
            public_key,
            view_key,
            deposit,
            ..
        } => engine.open(*account, *public_key, *view_key, *deposit)?,
    }
    Ok(Vec::new())
}
