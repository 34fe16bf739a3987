//! What each unit of a batch takes from the queue (C-QUEUE).
//!
//! It follows from the accounts of the units, which of them take a request, the time of the batch's table and the queue
//! before the batch. Pallet, sequencer and client call the same function.

use crate::queue::{ItemKind, OpenKeys, QueueItem, Request, Terms, MAX_PASSED_OVER};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use cloister_ledger::Doors;
use cloister_types::{AccountIndex, Amount, ItemId};
use core::iter::Peekable;

/// What one unit takes: nothing, or the money of its account that is ready, or a request, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// The items, oldest first.
    pub items: Vec<ItemId>,
    /// Sum of their amounts: the unit's deposit.
    pub amount: Amount,
    /// The keys of the open, if there is one among them.
    pub open: Option<OpenKeys>,
    /// The request, if there is one among them; never beside an open.
    pub request: Option<Request>,
}

impl Taking {
    /// The keys that its account gets, from an open or a re-key.
    pub fn keys(&self) -> Option<&OpenKeys> {
        match &self.request {
            Some(Request::Rekey(keys)) => Some(keys),
            _ => self.open.as_ref(),
        }
    }

    /// Whether the unit ends its account, given the leaf that it leaves: no account hashes to 0, so a close takes
    /// effect where the new leaf is 0 (B-CLOSE).
    pub fn closes(&self, leaf: &[u8; 32]) -> bool {
        self.request == Some(Request::Close) && *leaf == [0; 32]
    }
}

/// What the house's part of a batch takes (C-DOORS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseTaking<AccountId> {
    /// The items, oldest first.
    pub items: Vec<ItemId>,
    /// Sum of what is paid into the insurance.
    pub paid_in: Amount,
    /// What is asked from it.
    pub taken: Option<InsuranceTake<AccountId>>,
    /// An overdue take of insurance that waits and is not taken.
    pub left_out: Option<ItemId>,
}

/// A take of insurance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceTake<AccountId> {
    /// Is paid.
    pub to: AccountId,
    /// What is asked for.
    pub asked: Amount,
    /// What equity of the house must not fall below by it.
    pub keep: Amount,
}

impl<AccountId> Default for HouseTaking<AccountId> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            paid_in: Amount::ZERO,
            taken: None,
            left_out: None,
        }
    }
}

impl<AccountId> HouseTaking<AccountId> {
    /// What the statement of the batch says of it.
    pub fn doors(&self) -> Doors {
        let (asked, keep) = self.taken.as_ref().map_or_else(Default::default, |t| (t.asked, t.keep));
        Doors {
            paid_in: self.paid_in,
            asked,
            keep,
        }
    }
}

/// Why units cannot take what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// The items of an account are 2^64 or more together. A chain queues no such items (`QueuedSumTooLarge`).
    #[error("the queue items of account {0} are 2^64 or more together")]
    SumTooLarge(AccountIndex),
    /// A unit takes a request of an account that has none ready, or whose open comes first; or the batch takes
    /// insurance and nobody asks for it.
    #[error("account {0} has no request that a unit could take")]
    NoRequest(AccountIndex),
}

/// Items that wait in a queue, by account. It need not hold the whole queue, only every item of the accounts that are
/// asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<AccountId> {
    by_account: BTreeMap<AccountIndex, BTreeMap<ItemId, QueueItem<AccountId>>>,
}

impl<AccountId> Default for Waiting<AccountId> {
    fn default() -> Self {
        Self {
            by_account: BTreeMap::new(),
        }
    }
}

impl<AccountId> FromIterator<(u64, QueueItem<AccountId>)> for Waiting<AccountId> {
    fn from_iter<I: IntoIterator<Item = (u64, QueueItem<AccountId>)>>(items: I) -> Self {
        let mut waiting = Self::default();
        for (id, item) in items {
            waiting
                .by_account
                .entry(item.index)
                .or_default()
                .insert(ItemId(id), item);
        }
        waiting
    }
}

impl<AccountId> Waiting<AccountId> {
    /// Takes the money of an account that is ready at the time of a table, and its oldest request if that is asked for.
    fn take(&mut self, account: AccountIndex, request: bool, table_time: u64) -> Result<Taking, TakeError> {
        let mut taking = Taking::default();
        let none = if request {
            Err(TakeError::NoRequest(account))
        } else {
            Ok(Taking::default())
        };
        let Some(items) = self.by_account.get_mut(&account) else {
            return none;
        };
        // The items of an account become ready in the order of their ids.
        let ready = |item: &QueueItem<AccountId>| item.ready_at <= table_time;
        if request {
            let first = items
                .iter()
                .take_while(|(_, item)| ready(item))
                .filter(|(_, item)| !item.is_gone(table_time))
                .find_map(|(id, item)| Some((*id, item.kind.request()?)));
            let opens = items.values().any(|item| item.kind.open().is_some());
            let Some((id, asked)) = first.filter(|_| !opens) else {
                return none;
            };
            items.remove(&id);
            taking.items.push(id);
            let closes = asked == Request::Close;
            taking.request = Some(asked);
            // What waits beside a close goes back to the owner if it takes effect, and to the next unit otherwise.
            if closes {
                return Ok(taking);
            }
        }
        let money: Vec<ItemId> = items
            .iter()
            .take_while(|(_, item)| ready(item))
            .filter(|(_, item)| item.kind.request().is_none() && !item.kind.is_of_house())
            .filter(|(_, item)| !item.is_gone(table_time))
            .map(|(id, _)| *id)
            .collect();
        for id in money {
            let Some(item) = items.remove(&id) else { continue };
            taking.items.push(id);
            let sum = taking.amount.checked_add(item.amount);
            taking.amount = sum.ok_or(TakeError::SumTooLarge(account))?;
            taking.open = taking.open.or_else(|| item.kind.open().cloned());
        }
        taking.items.sort_unstable();
        Ok(taking)
    }
}

/// What the house's part of a batch takes, given whether it takes insurance and the time of the batch's table: all
/// ready payments into the insurance, and the oldest ready take of it if that is asked for. What is taken is waiting no
/// more.
///
/// # Errors
/// [`TakeError`], of [`AccountIndex::HOUSE`].
pub fn take_house<AccountId>(
    waiting: &mut Waiting<AccountId>,
    takes: bool,
    table_time: u64,
) -> Result<HouseTaking<AccountId>, TakeError> {
    const HOUSE: AccountIndex = AccountIndex::HOUSE;
    let mut taking = HouseTaking::default();
    let items = waiting.by_account.remove(&HOUSE).unwrap_or_default();
    let mut left = BTreeMap::new();
    for (id, item) in items {
        let ready = item.ready_at <= table_time;
        match item.kind {
            ItemKind::PayInsurance if ready => {
                let sum = taking.paid_in.checked_add(item.amount);
                taking.paid_in = sum.ok_or(TakeError::SumTooLarge(HOUSE))?;
            }
            ItemKind::TakeInsurance { amount, keep } if ready && takes && taking.taken.is_none() => {
                taking.taken = Some(InsuranceTake {
                    to: item.owner,
                    asked: amount,
                    keep,
                });
            }
            _ => {
                let takes = matches!(item.kind, ItemKind::TakeInsurance { .. });
                if takes && item.deadline <= table_time && taking.taken.is_none() {
                    taking.left_out = taking.left_out.or(Some(id));
                }
                left.insert(id, item);
                continue;
            }
        }
        taking.items.push(id);
    }
    if !left.is_empty() {
        waiting.by_account.insert(HOUSE, left);
    }
    if takes && taking.taken.is_none() {
        return Err(TakeError::NoRequest(HOUSE));
    }
    Ok(taking)
}

/// What each unit of a batch takes, given for each the account and whether it takes a request, and the time of the
/// batch's table. The first unit of an account that is not its close takes all opens and deposits of the account that
/// are ready. What is taken is waiting no more, so the same `waiting` serves the next batch.
///
/// # Errors
/// [`TakeError`].
pub fn take<AccountId>(
    waiting: &mut Waiting<AccountId>,
    units: impl IntoIterator<Item = (AccountIndex, bool)>,
    table_time: u64,
) -> Result<Vec<Taking>, TakeError> {
    units
        .into_iter()
        .map(|(account, request)| waiting.take(account, request, table_time))
        .collect()
}

/// The accounts that a batch ends, given for each unit the account, the leaf it leaves and what it takes.
pub fn closed(
    leaves: impl IntoIterator<Item = (AccountIndex, [u8; 32])>,
    takings: &[Taking],
) -> BTreeSet<AccountIndex> {
    let units = leaves.into_iter().zip(takings);
    units
        .filter(|((_, leaf), taking)| taking.closes(leaf))
        .map(|((account, _), _)| account)
        .collect()
}

/// An overdue item that a batch leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the batch leaves out the overdue queue item {0}")]
pub struct LeftOut(pub ItemId);

/// The two lanes of a queue, each in the order in which items came.
pub struct Lanes<Priority, Others> {
    /// Forced withdrawals and re-keys ([`ItemKind::has_priority`]).
    pub priority: Priority,
    /// Everything else.
    pub others: Others,
}

/// Queue items with their ids, in the order in which they came.
pub type Listed<AccountId> = Vec<(u64, QueueItem<AccountId>)>;

/// The lanes of a queue whose items are all at hand.
pub fn lanes<AccountId>(
    queue: impl IntoIterator<Item = (u64, QueueItem<AccountId>)>,
) -> Lanes<Listed<AccountId>, Listed<AccountId>> {
    let (priority, others) = queue.into_iter().partition(|(_, item)| item.kind.has_priority());
    Lanes { priority, others }
}

/// Checks that a batch takes what was overdue at its table, in the order of each lane, until overdue items have the
/// `claimed` units that they may claim ([`Terms::claimed_units`]): those of the priority lane up to
/// [`Terms::priority_units`], then the others what is left, then the priority lane what they leave. An open and a
/// request claim a unit each, and so does a deposit unless its account has one that takes it: a close takes none. What
/// waits for an account that the batch ends ([`closed`]) is refunded. Items that were taken back claim nothing. Every
/// item that is looked at, but the last of each lane and [`MAX_PASSED_OVER`] of those, is one that the batch takes or
/// refunds.
///
/// What the house takes claims no unit. All payments into the insurance that are ready are in `house`, and so must be a
/// take of it that is overdue, wherever it stands in the queue.
///
/// # Errors
/// [`LeftOut`] with the first one.
pub fn check_overdue<AccountId>(
    lanes: Lanes<
        impl IntoIterator<Item = (u64, QueueItem<AccountId>)>,
        impl IntoIterator<Item = (u64, QueueItem<AccountId>)>,
    >,
    takings: &[Taking],
    house: &HouseTaking<AccountId>,
    closed: &BTreeSet<AccountIndex>,
    claimed: usize,
    table_time: u64,
) -> Result<(), LeftOut> {
    let taken: BTreeSet<ItemId> = takings.iter().flat_map(|t| &t.items).copied().collect();
    if let Some(item) = house.left_out {
        return Err(LeftOut(item));
    }
    // Accounts with a unit that takes money.
    let mut served = BTreeSet::new();
    let mut priority = lanes.priority.into_iter().peekable();
    let mut others = lanes.others.into_iter().peekable();
    let first = Terms::priority_units(claimed).min(claimed);
    let unclaimed = walk(&mut priority, first, &mut served, &taken, closed, table_time)?;
    let left = claimed.saturating_sub(first).saturating_add(unclaimed);
    let unclaimed = walk(&mut others, left, &mut served, &taken, closed, table_time)?;
    walk(&mut priority, unclaimed, &mut served, &taken, closed, table_time).map(drop)
}

/// Walks along the overdue items of a lane that claim so many units. Returns how many they do not claim.
fn walk<AccountId>(
    lane: &mut Peekable<impl Iterator<Item = (u64, QueueItem<AccountId>)>>,
    mut units: usize,
    served: &mut BTreeSet<AccountIndex>,
    taken: &BTreeSet<ItemId>,
    closed: &BTreeSet<AccountIndex>,
    table_time: u64,
) -> Result<usize, LeftOut> {
    let mut passed_over = 0;
    while let Some((id, item)) = lane.next_if(|(_, item)| {
        let gone = item.is_gone(table_time);
        let free = item.kind.is_of_house() || item.kind == ItemKind::Deposit && served.contains(&item.index);
        let passes = if gone {
            passed_over < MAX_PASSED_OVER
        } else {
            free || units > 0
        };
        item.deadline <= table_time && passes
    }) {
        if item.is_gone(table_time) {
            passed_over = passed_over.saturating_add(1);
            continue;
        }
        if item.kind.is_of_house() {
            continue;
        }
        if item.kind != ItemKind::Deposit || !served.contains(&item.index) {
            units = units.saturating_sub(1);
        }
        if !taken.contains(&ItemId(id)) && !closed.contains(&item.index) {
            return Err(LeftOut(ItemId(id)));
        }
        if item.kind != ItemKind::Close {
            served.insert(item.index);
        }
    }
    Ok(units)
}
