//! What a batch takes of the queue, and when (C-QUEUE, Q-BATCH): first what is overdue, lane by lane as the chain asks
//! for it, then what fits; nothing before an event that needs to come first.

use super::Batcher;
use crate::{
    error::BatcherError,
    event::{Event, QueueItem, Request},
    open::{Absorbed, Entry, OpenBatch},
};
use cloister_engine::AccountIndex;
use cloister_types::ItemId;
use std::collections::BTreeSet;

impl Batcher {
    /// Takes what is overdue into the units that the queue may claim, lane by lane as the chain asks for it (C-QUEUE),
    /// and keeps one for each overdue request that must not come yet and is before the rest of its lane. What overdue
    /// items do not need goes to whatever else has waited longest.
    pub(super) fn claim(&mut self) -> Result<(), BatcherError> {
        // What a lane does not need is the other one's.
        let unused = self.claim_of(true, 0)?;
        let unused = self.claim_of(false, unused)?;
        let unused = self.claim_of(true, unused)?;
        for _ in 0..unused {
            if !self.take_first()? {
                break;
            }
        }
        Ok(())
    }

    /// Takes overdue items of one lane, with some more units. Returns how many it does not need.
    fn claim_of(&mut self, priority: bool, more: usize) -> Result<usize, BatcherError> {
        if let Some(open) = &mut self.open {
            *open.claims.lane(priority) += more;
        }
        let time = self.table.header.time;
        loop {
            let Some(open) = &self.open else {
                return Ok(0);
            };
            let claims = open.claims.of_lane(priority);
            if claims == 0 {
                return Ok(0);
            }
            let money = if priority { None } else { self.overdue_money(open) };
            let request = self
                .first_request(open, |item| item.has_priority() == priority && item.is_overdue(time))
                .cloned();
            let ids = money
                .map(|(item, _)| item)
                .into_iter()
                .chain(request.as_ref().map(QueueItem::item));
            let next = ids.min();
            let held_back = self.held_back(open).filter(|held| held.has_priority() == priority);
            let kept = held_back
                .filter(|held| next.is_none_or(|next| held.item() < next))
                .count()
                .min(claims);
            let took = claims > kept && self.take_older(money, request.as_ref())?;
            // The open of its account came first, which is of the other lane.
            let again = took && priority && request.is_some_and(|r| self.waiting.requests().any(|item| *item == r));
            if let Some(open) = &mut self.open {
                *open.claims.lane(priority) = if took { claims - usize::from(!again) } else { kept };
            }
            if !took {
                return Ok(claims - kept);
            }
        }
    }

    /// The account whose money is overdue and has waited longest, but for those that a unit is kept for: their request
    /// takes their money with it, and claims for both.
    fn overdue_money(&self, open: &OpenBatch) -> Option<(ItemId, AccountIndex)> {
        let priority = self.held_back(open).filter(|held| held.has_priority());
        let kept_for: BTreeSet<AccountIndex> = priority.take(open.claims.priority).map(QueueItem::account).collect();
        let mut accounts = self.waiting.accounts_in_order();
        let (item, account) = accounts.find(|(_, account)| !kept_for.contains(account))?;
        let oldest = self.waiting.of(account).first()?;
        oldest.is_overdue(self.table.header.time).then_some((item, account))
    }

    /// Takes the requests that units were kept for, in the batch that is being closed: the chain takes none without
    /// them. What they wait for is in it if it fits ([`Self::advance`]); what is left must hold without it.
    pub(super) fn take_overdue(&mut self) -> Result<(), BatcherError> {
        for priority in [true, false] {
            while let Some(open) = self.open.as_ref().filter(|open| open.claims.of_lane(priority) > 0) {
                let mut held_back = self.held_back(open);
                let first = held_back.find(|held| held.has_priority() == priority).cloned();
                drop(held_back);
                let took = match first {
                    Some(request) => self.take_request(&request)?,
                    None => false,
                };
                if let Some(open) = &mut self.open {
                    let claims = open.claims.lane(priority);
                    *claims = if took { *claims - 1 } else { 0 };
                }
                self.claim()?;
            }
        }
        Ok(())
    }

    /// Moves the events that a request waits for to the front, and with them all that came before to any account that
    /// they touch, so that each account sees its events in their order.
    pub(super) fn advance(&mut self, open: &OpenBatch, request: &QueueItem) {
        let mut touched = BTreeSet::new();
        let mut moves: Vec<bool> = Vec::with_capacity(self.pending.len());
        for entry in self.pending.iter().rev() {
            let accounts = entry.event.accounts();
            let first = self.waits_for(open, request, entry) || accounts.iter().any(|a| touched.contains(a));
            if first {
                touched.extend(accounts);
            }
            moves.push(first);
        }
        let (first, rest): (Vec<_>, Vec<_>) = self
            .pending
            .drain(..)
            .zip(moves.into_iter().rev())
            .partition(|(_, first)| *first);
        self.pending
            .extend(first.into_iter().chain(rest).map(|(entry, _)| entry));
    }

    /// Puts what waits in the queue into the open batch, as far as it fits.
    pub(super) fn fill(&mut self) -> Result<(), BatcherError> {
        while self.take_first()? {}
        Ok(())
    }

    /// Takes the items of the account that is first in the queue, or the request that is. False if there is none, or no
    /// room.
    fn take_first(&mut self) -> Result<bool, BatcherError> {
        let Some(open) = &self.open else {
            return Ok(false);
        };
        let request = self.first_request(open, |_| true).cloned();
        self.take_older(self.waiting.first(), request.as_ref())
    }

    /// Takes the items of an account, given the oldest of them, or a request, whichever is older. False if there is
    /// none, or no room.
    fn take_older(
        &mut self,
        money: Option<(ItemId, AccountIndex)>,
        request: Option<&QueueItem>,
    ) -> Result<bool, BatcherError> {
        match (money, request) {
            (Some((item, account)), request) if request.is_none_or(|r| item < r.item()) => {
                Ok(self.take_queue(account)? == Absorbed::Taken)
            }
            (_, Some(request)) => self.take_request(request),
            (_, None) => Ok(false),
        }
    }

    /// Whether a request must not come before an event that is pending.
    ///
    /// * A close: its account is empty without events that wait, and those need it. A cancel does not.
    /// * A forced withdrawal takes what is free, which fills that are made again at another table may need, unless they
    ///   follow a re-key that is behind it. Of what is new the engine has made sure: it counts what is asked for as
    ///   gone from the moment on that it hears of it.
    /// * A re-key: behind it nothing can be proven that the old key signed.
    fn waits_for(&self, open: &OpenBatch, item: &QueueItem, entry: &Entry) -> bool {
        let QueueItem::Request { account, request, .. } = item else {
            return false;
        };
        if !entry.event.accounts().contains(account) {
            return false;
        }
        match request {
            Request::Switch(_) => false,
            Request::Close => entry.event.cancel().is_none() && open.holds_nothing(&self.head, *account),
            Request::ForcedWithdrawal { .. } => {
                let is_behind = |rekey| item.item() < rekey;
                entry.again && !self.rekey_before(*account, &entry.event).is_some_and(is_behind)
            }
            Request::Rekey { .. } => !self.follows(item, &entry.event),
        }
    }

    /// The requests, oldest first, and whether they can be taken now: none waits for an event, nor for one of the same
    /// account that does. Those of an account are taken in their order.
    fn requests<'a>(&'a self, open: &'a OpenBatch) -> impl Iterator<Item = (&'a QueueItem, bool)> {
        let mut skipped = BTreeSet::new();
        self.waiting.requests().map(move |item| {
            let account = item.account();
            let waits = || self.pending.iter().any(|entry| self.waits_for(open, item, entry));
            let can = !skipped.contains(&account) && !waits();
            if !can {
                skipped.insert(account);
            }
            (item, can)
        })
    }

    /// The oldest request of a kind that can be taken now.
    fn first_request<'a>(&'a self, open: &'a OpenBatch, kind: impl Fn(&QueueItem) -> bool) -> Option<&'a QueueItem> {
        let mut can = self.requests(open).filter(|(_, can)| *can);
        can.find(|(item, _)| kind(item)).map(|(item, _)| item)
    }

    /// The requests that are overdue and cannot be taken now, oldest first.
    pub(super) fn held_back<'a>(&'a self, open: &'a OpenBatch) -> impl Iterator<Item = &'a QueueItem> {
        let time = self.table.header.time;
        let all = self.requests(open);
        let overdue = all.filter(move |(item, _)| item.is_overdue(time));
        overdue.filter(|(_, can)| !can).map(|(item, _)| item)
    }

    /// Takes a request. What waits for its account comes first, in the same unit if that can be.
    fn take_request(&mut self, request: &QueueItem) -> Result<bool, BatcherError> {
        let account = request.account();
        let items = self.waiting.of(account);
        let Some(open) = self.open.as_mut().filter(|open| open.free() > 0) else {
            return Ok(false);
        };
        let opens = items.iter().any(|item| matches!(item, QueueItem::Open { .. }));
        if opens || request.is_close() && !items.is_empty() {
            return Ok(self.take_queue(account)? == Absorbed::Taken);
        }
        let forced = open.absorb_request(&self.head, &self.table, request, items)?;
        self.forced.extend(forced);
        if open.ends(account) {
            self.ended.push(account);
        }
        self.waiting.remove(account);
        self.waiting.remove_request(request.item());
        Ok(true)
    }

    /// Whether an event was signed with the key that a re-key gives, so that it comes after it.
    fn follows(&self, rekey: &QueueItem, event: &Event) -> bool {
        let QueueItem::Request { account, request, .. } = rekey else {
            return false;
        };
        event.signed_by(*account).is_some_and(|signed| {
            let message = signed.instruction.message(&self.config.genesis);
            request.gives(message, &signed.signature)
        })
    }

    /// The re-key of an account that waits and that an event follows.
    fn rekey_before(&self, account: AccountIndex, event: &Event) -> Option<ItemId> {
        let mut own = self.waiting.requests().filter(|item| item.account() == account);
        own.find(|item| item.is_rekey() && self.follows(item, event))
            .map(QueueItem::item)
    }

    /// Takes the items of the accounts of an event before the event: the first unit of an account takes them. A re-key
    /// comes before what its new key has signed, and what was requested before it comes before the re-key.
    pub(super) fn take_queue_of(&mut self, event: &Event) -> Result<Absorbed, BatcherError> {
        for account in event.accounts() {
            while self.rekey_before(account, event).is_some() {
                // The last units may be kept for others.
                if self.unclaimed() == 0 {
                    return Ok(Absorbed::Full);
                }
                let first = self.waiting.requests().find(|item| item.account() == account).cloned();
                match first {
                    Some(first) if self.take_request(&first)? => {}
                    _ => return Ok(Absorbed::Full),
                }
            }
            let full = self.unclaimed() == 0 && !self.waiting.of(account).is_empty();
            if full || self.take_queue(account)? == Absorbed::Full {
                return Ok(Absorbed::Full);
            }
        }
        Ok(Absorbed::Taken)
    }

    /// Units of the open batch that are free and not kept for the queue.
    fn unclaimed(&self) -> usize {
        self.open.as_ref().map_or(0, OpenBatch::unclaimed)
    }

    /// Takes the items of an account, if there are any, into the open batch.
    fn take_queue(&mut self, account: AccountIndex) -> Result<Absorbed, BatcherError> {
        let items = self.waiting.of(account);
        let Some(open) = self.open.as_mut().filter(|_| !items.is_empty()) else {
            return Ok(Absorbed::Taken);
        };
        if open.free() == 0 {
            return Ok(Absorbed::Full);
        }
        open.absorb_queue(&self.head, account, items)?;
        self.waiting.remove(account);
        Ok(Absorbed::Taken)
    }
}
