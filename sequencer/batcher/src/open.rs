//! The batch in the making: absorbs events while they fit.

mod unsigned;

pub(crate) use self::unsigned::most_units;
use crate::{
    config::BatcherConfig,
    draft::{sum, Draft, Run, Step},
    error::BatcherError,
    event::{Event, Forced, QueueItem, Request},
    house::HouseSums,
    shapes::cheapest,
};
use cloister_engine::{Fill, FillSide, Holdings, Millis, OrderKey, Trade};
use cloister_ledger::{
    account::cash_fits, instruction::flags, Account, GroupLedger, InstructionKind, Shape, Side, SignedInstruction,
};
use cloister_risk::{Assessment, RiskTable};
use cloister_settlement::Terms;
use cloister_types::{AccountIndex, Amount, Money};
use codec::{Decode, Encode};
use std::{collections::BTreeMap, sync::Arc};

/// An event and when it happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    pub time: Millis,
    pub event: Event,
    /// It was in a batch that is made again at another table.
    pub again: bool,
}

impl Entry {
    /// When the event happened; of a cancel or a withdrawal that was made again, when it was.
    pub fn happened(&self) -> Millis {
        match &self.event {
            Event::Filled(fill) => fill.time,
            Event::Bound(_) | Event::Unsigned(_) => self.time,
        }
    }
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
    /// The units that overdue items may claim, with a share in percent, of a batch of so many units.
    pub fn of(share: u8, units: u16) -> Self {
        let claimed = Terms::claimed_units(share, units.into());
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
    /// The shapes that it may get. At least one of them holds it.
    pub shapes: Vec<Shape>,
    /// Units that the queue may claim still, before anything else gets one; later, those that are kept for what is
    /// overdue and must not come yet.
    pub claims: Claims,
    pub drafts: Vec<Draft>,
    /// The events inside, to make the batch again if it must be.
    pub entries: Vec<Entry>,
    /// The queue items inside, likewise.
    pub items: Vec<QueueItem>,
    /// What accounts hold after the drafts.
    pub holdings: BTreeMap<AccountIndex, Holdings>,
    /// The last draft of each account.
    pub last: BTreeMap<AccountIndex, usize>,
    /// What the house must answer for.
    pub sums: HouseSums,
    /// What the batch brings into the insurance.
    pub paid_in: Money,
}

/// What an event does to one account, ready to go in.
struct Change {
    /// The draft whose place it takes; `None` adds one.
    at: Option<usize>,
    draft: Draft,
    after: Holdings,
}

impl OpenBatch {
    pub fn new(time: Millis, shapes: Vec<Shape>, claims: Claims) -> Self {
        Self {
            time,
            shapes,
            claims,
            drafts: Vec::new(),
            entries: Vec::new(),
            items: Vec::new(),
            holdings: BTreeMap::new(),
            last: BTreeMap::new(),
            sums: HouseSums::default(),
            paid_in: Money::ZERO,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// What accounts hold after the batch, of those it touches.
    pub fn holdings(&self) -> &BTreeMap<AccountIndex, Holdings> {
        &self.holdings
    }

    /// Number of units in a shape; `None` if it has too few places for one.
    fn units_in(&self, shape: Shape) -> Option<usize> {
        self.drafts.iter().map(|draft| draft.units(shape.places)).sum()
    }

    /// The shapes that hold it, each with the number of units that are left.
    fn room(&self) -> impl Iterator<Item = (Shape, usize)> + '_ {
        let left = |shape: &Shape| usize::from(shape.units).checked_sub(self.units_in(*shape)?);
        self.shapes.iter().filter_map(move |shape| Some((*shape, left(shape)?)))
    }

    /// The shape it gets if it is closed now: the cheapest that holds it.
    pub fn shape(&self) -> Option<Shape> {
        cheapest(self.room().map(|(shape, _)| shape))
    }

    /// Takes shapes away that are not among these, unless it would fit into none.
    pub fn keep_shapes(&mut self, shapes: &[Shape]) {
        let fits = self.room().any(|(shape, _)| shapes.contains(&shape));
        if fits {
            self.shapes.retain(|shape| shapes.contains(shape));
        }
    }

    /// Its units in a shape.
    pub fn cut(&self, shape: Shape) -> Vec<Draft> {
        self.drafts.iter().flat_map(|draft| draft.cut(shape.places)).collect()
    }

    /// Whether none of the shapes that hold it has a unit left, or a place in the last unit of an account.
    pub fn is_full(&self) -> bool {
        let open = |places: u16| {
            self.last.values().any(|at| match self.drafts.get(*at) {
                Some(Draft::Signed(run)) => run.has_place(places),
                _ => false,
            })
        };
        self.room().all(|(shape, left)| left == 0 && !open(shape.places))
    }

    /// Whether some shape holds the batch with these changes, beside the units that are kept for the queue.
    fn fits(&self, changes: &[Change]) -> bool {
        let holds = |shape: &Shape| {
            let mut units = self.units_in(*shape)?.checked_add(self.claims.all())?;
            for change in changes {
                let before = match change.at.and_then(|at| self.drafts.get(at)) {
                    Some(draft) => draft.units(shape.places)?,
                    None => 0,
                };
                units = units
                    .checked_add(change.draft.units(shape.places)?)?
                    .checked_sub(before)?;
            }
            Some(units <= usize::from(shape.units))
        };
        self.shapes.iter().any(|shape| holds(shape) == Some(true))
    }

    /// Makes changes that fit.
    fn put(&mut self, changes: Vec<Change>) {
        for Change { at, draft, after } in changes {
            match at.and_then(|at| self.drafts.get_mut(at)) {
                Some(before) => {
                    self.holdings.insert(draft.account(), after);
                    *before = draft;
                }
                None => self.push(draft, after),
            }
        }
    }

    /// Drops cancels that cannot be proven or are not needed.
    pub fn remove_cancels(&mut self, needless: impl Fn(&SignedInstruction) -> bool) {
        let mut at = 0;
        while let Some(draft) = self.drafts.get_mut(at) {
            let left = match draft {
                Draft::Signed(run) => run.drop_cancels(&needless),
                _ => true,
            };
            if left {
                at = at.saturating_add(1);
            } else {
                self.remove(at);
            }
        }
        self.entries
            .retain(|entry| entry.event.cancel().is_none_or(|cancel| !needless(cancel)));
    }

    fn remove(&mut self, draft: usize) {
        self.drafts.remove(draft);
        self.last.retain(|_, at| *at != draft);
        for at in self.last.values_mut().filter(|at| **at > draft) {
            *at = at.saturating_sub(1);
        }
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
        self.check_alive(&entry.event)?;
        if let Event::Bound(signed) = &entry.event {
            self.replace_cancels(signed);
        }
        let absorbed = match &entry.event {
            Event::Bound(signed) => self.absorb_bound(state, table, signed)?,
            Event::Filled(fill) => self.absorb_fill(state, table, fill)?,
            Event::Unsigned(group) => self.absorb_unsigned(state, table, config, group)?,
        };
        if absorbed == Absorbed::Taken {
            self.entries.push(entry.clone());
        }
        Ok(absorbed)
    }

    /// A cancel-all makes every lower id void, so what the batch has of its account's older cancels is needless.
    fn replace_cancels(&mut self, signed: &SignedInstruction) {
        let all = &signed.instruction;
        if all.kind != InstructionKind::CancelAll {
            return;
        }
        self.remove_cancels(|signed| {
            let older = &signed.instruction;
            older.index == all.index && older.id < all.id
        });
    }

    /// B-ALIVE: every instruction of an event is good at the time of the batch.
    fn check_alive(&self, event: &Event) -> Result<(), BatcherError> {
        for signed in event.instructions() {
            let (instruction, time) = (&signed.instruction, self.time);
            if instruction.expiry < time {
                return Err(BatcherError::Expired {
                    account: instruction.index,
                    id: instruction.id,
                    expiry: instruction.expiry,
                    time,
                });
            }
        }
        Ok(())
    }

    /// Units that are free in the shape that has most left.
    pub fn free(&self) -> usize {
        self.room().map(|(_, left)| left).max().unwrap_or(0)
    }

    /// Units that are free and not kept for the queue.
    pub fn unclaimed(&self) -> usize {
        self.free().saturating_sub(self.claims.all())
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
        table: &RiskTable,
        signed: &Arc<SignedInstruction>,
    ) -> Result<Absorbed, BatcherError> {
        let instruction = &signed.instruction;
        let account = instruction.index;
        let before = self.held(state, account)?;
        let mut after = before;
        if instruction.kind == InstructionKind::Withdrawal {
            after = moved(after, Money(-i128::from(instruction.limit)), account)?;
        }
        let step = Step {
            signed: signed.clone(),
            fill: cloister_ledger::Fill::default(),
            before,
        };
        let changes = vec![self.added(table, step, after)];
        if !self.fits(&changes) {
            return Ok(Absorbed::Full);
        }
        self.put(changes);
        Ok(Absorbed::Taken)
    }

    fn absorb_fill(&mut self, state: &GroupLedger, table: &RiskTable, fill: &Fill) -> Result<Absorbed, BatcherError> {
        let changes = vec![
            self.place(state, table, fill, &fill.maker, fill.taker_side.opposite())?,
            self.place(state, table, fill, &fill.taker, fill.taker_side)?,
        ];
        if !self.fits(&changes) {
            return Ok(Absorbed::Full);
        }
        self.put(changes);
        Ok(Absorbed::Taken)
    }

    /// Finds the place of one side of a fill: that of its order, if it is the account's last and if both netted still
    /// meet every rule, else one of its own.
    fn place(
        &self,
        state: &GroupLedger,
        table: &RiskTable,
        fill: &Fill,
        side: &FillSide,
        direction: Side,
    ) -> Result<Change, BatcherError> {
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
        if let Some((at, run, last)) = self.last_of(side.key).filter(|(_, _, last)| last.fill.row == one.row) {
            // Each fill passed on its own; the netted ones are asked again, because a fill that only had to reduce may
            // follow one that used up initial margin.
            let netted = sum(&last.fill, &one);
            if let Some((netted, after)) =
                netted.and_then(|all| Some((all, last.before.after(table, &trade(&all)).ok()?)))
            {
                let mut run = run.clone();
                run.replace_last(netted, table);
                return Ok(Change {
                    at: Some(at),
                    draft: Draft::Signed(run),
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
        let step = Step {
            signed: side.order.clone(),
            fill: one,
            before,
        };
        Ok(self.added(table, step, after))
    }

    /// A step behind what the account has signed before, if nothing else of the account came between.
    fn added(&self, table: &RiskTable, step: Step, after: Holdings) -> Change {
        let last = self.last.get(&step.signed.instruction.index);
        let run = last.and_then(|at| match self.drafts.get(*at)? {
            Draft::Signed(run) if run.takes(&step) => Some((*at, run)),
            _ => None,
        });
        let (at, run) = match run {
            Some((at, run)) => {
                let mut run = run.clone();
                run.push(step, table);
                (Some(at), run)
            }
            None => (None, Run::new(step, self.shapes.iter().map(|shape| shape.places))),
        };
        Change {
            at,
            draft: Draft::Signed(run),
            after,
        }
    }

    /// The last step of an order's account if it is one of this order.
    fn last_of(&self, order: OrderKey) -> Option<(usize, &Run, &Step)> {
        let at = *self.last.get(&order.account)?;
        match self.drafts.get(at)? {
            Draft::Signed(run) => {
                let step = run.steps().last().filter(|step| step.fills() && step.key() == order)?;
                Some((at, run, step))
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
