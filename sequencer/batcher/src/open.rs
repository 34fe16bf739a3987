//! The batch in the making: absorbs events while they fit.

use crate::{
    config::BatcherConfig,
    draft::Draft,
    error::BatcherError,
    event::{Event, Forced, QueueItem, Request},
};
use cloister_engine::{Fill, FillSide, Holdings, Millis, Trade};
use cloister_ledger::{
    account::cash_fits, instruction::flags, Account, GroupLedger, InstructionKind, Side, SignedInstruction,
};
use cloister_risk::{Assessment, RiskTable};
use cloister_settlement::Terms;
use cloister_types::{AccountIndex, Amount, InstructionId, Money};
use std::{collections::BTreeMap, sync::Arc};

/// An event and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub time: Millis,
    pub event: Event,
    /// It was in a batch that is made again at another table.
    pub again: bool,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absorbed {
    /// It is in.
    Taken,
    /// The batch must be closed first.
    Full,
}

/// Units of a batch that the queue may claim, by lane (C-QUEUE).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Of the priority lane.
    pub priority: usize,
    /// Of all else.
    pub others: usize,
}

impl Claims {
    /// The units that overdue items may claim of a batch.
    pub fn of(config: &BatcherConfig) -> Self {
        let claimed = Terms::claimed_units(config.queue_share, config.shape.units.into());
        let priority = Terms::priority_units(claimed).min(claimed);
        Self {
            priority,
            others: claimed - priority,
        }
    }

    /// Those of both lanes.
    pub fn all(&self) -> usize {
        self.priority + self.others
    }

    /// Those of one lane.
    pub fn of_lane(mut self, priority: bool) -> usize {
        *self.lane(priority)
    }

    /// The same, to change them.
    pub fn lane(&mut self, priority: bool) -> &mut usize {
        if priority {
            &mut self.priority
        } else {
            &mut self.others
        }
    }
}

/// The open batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenBatch {
    /// Batch time.
    pub time: Millis,
    /// Units that the queue may claim still, before anything else gets one; later, those that are kept for what is
    /// overdue and must not come yet.
    pub claims: Claims,
    pub drafts: Vec<Draft>,
    /// The events inside, to make the batch again if it must be.
    pub entries: Vec<Entry>,
    /// The queue items inside, likewise.
    pub items: Vec<QueueItem>,
    /// What accounts hold after the drafts.
    holdings: BTreeMap<AccountIndex, Holdings>,
    /// The last unit of each account.
    last: BTreeMap<AccountIndex, usize>,
}

/// One side of a fill, ready to go in.
struct Placement {
    /// The unit it joins; `None` starts one.
    unit: Option<usize>,
    draft: Draft,
    after: Holdings,
}

impl OpenBatch {
    pub fn new(time: Millis, claims: Claims) -> Self {
        Self {
            time,
            claims,
            drafts: Vec::new(),
            entries: Vec::new(),
            items: Vec::new(),
            holdings: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// What accounts hold after the batch, of those it touches.
    pub fn holdings(&self) -> &BTreeMap<AccountIndex, Holdings> {
        &self.holdings
    }

    /// Drops a unit that cannot be proven and is not needed.
    pub fn remove(&mut self, unit: usize) -> Draft {
        let draft = self.drafts.remove(unit);
        self.last.retain(|_, at| *at != unit);
        for at in self.last.values_mut().filter(|at| **at > unit) {
            *at -= 1;
        }
        draft
    }

    /// Whether a close of the account takes effect in this batch.
    pub fn ends(&self, account: AccountIndex) -> bool {
        self.drafts.iter().any(|d| d.closes() && d.account() == account)
    }

    fn held(&self, state: &GroupLedger, account: AccountIndex) -> Result<Holdings, BatcherError> {
        if self.ends(account) {
            return Err(BatcherError::UnknownAccount(account));
        }
        let settled = || state.account(account).map(|a| held_by(&a.account));
        self.holdings
            .get(&account)
            .copied()
            .or_else(settled)
            .ok_or(BatcherError::UnknownAccount(account))
    }

    fn push(&mut self, draft: Draft, after: Holdings) {
        self.last.insert(draft.account(), self.drafts.len());
        self.holdings.insert(draft.account(), after);
        self.drafts.push(draft);
    }

    /// Takes an event if it fits. On an error or [`Absorbed::Full`] nothing has changed.
    pub fn absorb(
        &mut self,
        state: &GroupLedger,
        table: &RiskTable,
        config: &BatcherConfig,
        entry: &Entry,
    ) -> Result<Absorbed, BatcherError> {
        let free = self.unclaimed(config);
        let absorbed = match &entry.event {
            Event::Bound(signed) => self.absorb_bound(state, free, signed)?,
            Event::Filled(fill) => self.absorb_fill(state, table, free, fill)?,
        };
        if absorbed == Absorbed::Taken {
            self.entries.push(entry.clone());
        }
        Ok(absorbed)
    }

    /// Units that are free.
    pub fn free(&self, config: &BatcherConfig) -> usize {
        usize::from(config.shape.units).saturating_sub(self.drafts.len())
    }

    /// Units that are free and not kept for the queue.
    pub fn unclaimed(&self, config: &BatcherConfig) -> usize {
        self.free(config).saturating_sub(self.claims.all())
    }

    /// Takes all that the queue holds for an account, in a unit of its own. There must be a free unit, and none of the
    /// account yet. On an error nothing has changed.
    pub fn absorb_queue(
        &mut self,
        state: &GroupLedger,
        account: AccountIndex,
        items: &[QueueItem],
    ) -> Result<(), BatcherError> {
        let sum = items
            .iter()
            .try_fold(Amount::ZERO, |sum, item| sum.checked_add(item.amount()));
        let sum = sum.ok_or(BatcherError::CashRange(account))?;
        let open = items.iter().find_map(|item| match item {
            QueueItem::Open {
                public_key, view_key, ..
            } => Some((*public_key, *view_key)),
            QueueItem::Deposit { .. }
            | QueueItem::Request { .. }
            | QueueItem::PayInsurance { .. }
            | QueueItem::TakeInsurance { .. } => None,
        });
        let (draft, held) = match open {
            Some((public_key, view_key)) => {
                let draft = Draft::Open {
                    account,
                    public_key,
                    view_key,
                    deposit: sum,
                };
                (draft, Holdings::default())
            }
            None => (Draft::Deposit { account, amount: sum }, self.held(state, account)?),
        };
        let after = moved(held, sum.into(), account)?;
        self.push(draft, after);
        self.items.extend_from_slice(items);
        Ok(())
    }

    /// Whether an account holds neither money nor lots after the drafts.
    pub fn holds_nothing(&self, state: &GroupLedger, account: AccountIndex) -> bool {
        self.held(state, account).is_ok_and(|held| held == Holdings::default())
    }

    /// Takes a request, with the deposits that wait for its account, and returns what it pays if it is a forced
    /// withdrawal. There must be a free unit. On an error nothing has changed.
    pub fn absorb_request(
        &mut self,
        state: &GroupLedger,
        table: &RiskTable,
        item: &QueueItem,
        deposits: &[QueueItem],
    ) -> Result<Option<Forced>, BatcherError> {
        let QueueItem::Request { account, request, .. } = item else {
            return Ok(None);
        };
        let (account, request) = (*account, *request);
        let sum = deposits
            .iter()
            .try_fold(Amount::ZERO, |sum, item| sum.checked_add(item.amount()));
        let deposit = sum.ok_or(BatcherError::CashRange(account))?;
        let mut held = moved(self.held(state, account)?, deposit.into(), account)?;
        let mut forced = None;
        if let Request::ForcedWithdrawal { amount: asked } = request {
            // The unit's place in the batch is fixed now, so this is what the transition will find (B-FORCED).
            let paid = Assessment::new(table, &held.positions, held.cash)
                .and_then(|before| Assessment::forced_amount(&before, table, asked));
            let (paid, _) = paid.map_err(|source| BatcherError::Forced { account, source })?;
            held = moved(held, Money(-i128::from(paid.get())), account)?;
            forced = Some(Forced { account, asked, paid });
        }
        let draft = Draft::Request {
            account,
            request,
            deposit,
            closes: request == Request::Close && held == Holdings::default(),
        };
        self.push(draft, held);
        self.items.extend_from_slice(deposits);
        self.items.push(item.clone());
        Ok(forced)
    }

    fn absorb_bound(
        &mut self,
        state: &GroupLedger,
        free: usize,
        signed: &Arc<SignedInstruction>,
    ) -> Result<Absorbed, BatcherError> {
        let instruction = &signed.instruction;
        let account = instruction.index;
        let mut after = self.held(state, account)?;
        if free == 0 {
            return Ok(Absorbed::Full);
        }
        if instruction.kind == InstructionKind::Withdrawal {
            after = moved(after, Money(-i128::from(instruction.limit)), account)?;
        }
        self.push(Draft::Bound { signed: signed.clone() }, after);
        Ok(Absorbed::Taken)
    }

    fn absorb_fill(
        &mut self,
        state: &GroupLedger,
        table: &RiskTable,
        free: usize,
        fill: &Fill,
    ) -> Result<Absorbed, BatcherError> {
        let maker = self.place(state, table, fill, &fill.maker, fill.taker_side.opposite())?;
        let taker = self.place(state, table, fill, &fill.taker, fill.taker_side)?;
        let needed = [&maker, &taker].iter().filter(|p| p.unit.is_none()).count();
        if needed > free {
            return Ok(Absorbed::Full);
        }
        for placement in [maker, taker] {
            match placement.unit.and_then(|unit| self.drafts.get_mut(unit)) {
                Some(draft) => {
                    self.holdings.insert(placement.draft.account(), placement.after);
                    *draft = placement.draft;
                }
                None => self.push(placement.draft, placement.after),
            }
        }
        Ok(Absorbed::Taken)
    }

    /// Finds the unit for one side of a fill: the open unit of its order if the netted unit still meets every rule,
    /// else a new one.
    fn place(
        &self,
        state: &GroupLedger,
        table: &RiskTable,
        fill: &Fill,
        side: &FillSide,
        direction: Side,
    ) -> Result<Placement, BatcherError> {
        let account = side.key.account;
        let (row, _) = table
            .row_of(fill.instrument_id)
            .ok_or(BatcherError::UnknownInstrument(fill.instrument_id))?;
        let one = cloister_ledger::Fill {
            side: direction,
            row: u8::try_from(row).map_err(|_| BatcherError::UnknownInstrument(fill.instrument_id))?,
            quantity: fill.quantity,
            cost: fill.cost(),
            fee: side.fee,
        };
        let trade = |fill: &cloister_ledger::Fill| Trade {
            row,
            side: direction,
            quantity: fill.quantity,
            cost: fill.cost,
            fee: fill.fee,
            reduce_only: side.order.instruction.has(flags::REDUCE_ONLY),
        };
        if let Some((unit, before, netted)) = self.netted(account, side.key.id, &one) {
            // Each fill passed on its own; the netted unit is asked again, because a fill that only had to reduce may
            // follow one that used up initial margin.
            if let Ok(after) = before.after(table, &trade(&netted)) {
                return Ok(Placement {
                    unit: Some(unit),
                    draft: Draft::Order {
                        signed: side.order.clone(),
                        fill: netted,
                        before: before.into(),
                    },
                    after,
                });
            }
        }
        let before = self.held(state, account)?;
        let after = before
            .after(table, &trade(&one))
            .map_err(|rule| BatcherError::Unprovable {
                account,
                id: side.key.id,
                rule,
            })?;
        Ok(Placement {
            unit: None,
            draft: Draft::Order {
                signed: side.order.clone(),
                fill: one,
                before: before.into(),
            },
            after,
        })
    }

    /// The account's last unit if it is one of this order, with the fill added.
    fn netted(
        &self,
        account: AccountIndex,
        id: InstructionId,
        more: &cloister_ledger::Fill,
    ) -> Option<(usize, Holdings, cloister_ledger::Fill)> {
        let unit = *self.last.get(&account)?;
        match self.drafts.get(unit)? {
            Draft::Order { signed, fill, before } if signed.instruction.id == id && fill.row == more.row => {
                let netted = cloister_ledger::Fill {
                    side: fill.side,
                    row: fill.row,
                    quantity: fill.quantity.checked_add(more.quantity)?,
                    cost: fill.cost.checked_add(more.cost)?,
                    fee: fill.fee.checked_add(more.fee)?,
                };
                Some((unit, **before, netted))
            }
            _ => None,
        }
    }
}

/// What an account of the ledger holds.
pub(crate) fn held_by(account: &Account) -> Holdings {
    Holdings {
        cash: account.cash,
        positions: account.positions,
    }
}

fn moved(held: Holdings, amount: Money, account: AccountIndex) -> Result<Holdings, BatcherError> {
    let cash = held
        .cash
        .checked_add(amount)
        .filter(|c| cash_fits(*c))
        .ok_or(BatcherError::CashRange(account))?;
    Ok(Holdings { cash, ..held })
}
