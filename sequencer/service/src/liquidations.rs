//! What is done at every table about accounts that are short of margin or owe money, about lots that have expired and
//! about lots that the house holds (Q-LIQUIDATE, Q-DELEVERAGE). The policy is the crate `cloister-liquidator`; this is
//! the batch in the making that it works on: the engine's accounts and books, and the batcher's open batch.
//!
//! Deterministic: what is done follows from the accounts, the books, the table and the open batch. Each call does a
//! bounded amount of work; what is left goes on at the next one, the worst first.

mod basis;
mod closed;
mod open;
mod terms;
#[cfg(test)]
mod tests;

pub(crate) use self::{open::OpenRow, terms::LiquidationTerms};

use self::{basis::EntryPrices, open::OpenLots};
use crate::closings::Closed;
use cloister_batcher::{Batcher, BatcherError, Forced, GroupError, GroupRefusal, SecretSource, VoidReason};
use cloister_engine::{
    AccountIndex, Effect, Engine, Fill as Print, InputError, Millis, OrderKey, UnsignedError, UnsignedPlan,
    UnsignedStep,
};
use cloister_ledger::{BatchError, Fill, Shape, Side};
use cloister_liquidator::{
    decide, deleverage_pairs, liquidate_pairs, BatchDraft, Decision, Distances, Holding, Left, Offer, OfferPrice,
    Refusal, Resting, Trade,
};
use cloister_risk::{MarginError, RiskTable, Status};
use cloister_types::{InstructionId, Lots};
use codec::{Decode, Encode, EncodeLike, Input, Output};
use std::collections::{BTreeMap, BTreeSet};

/// How often the policy is asked in one call, unless there is nothing left to do: an account is reduced by one step
/// each time.
const ROUNDS: usize = 4;
/// Largest number of orders at rest that the policy is shown at once.
const SHOWN: usize = 16;

/// What a call has done.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What happened in the engine.
    pub effects: Vec<Effect>,
    /// What was closed by force.
    pub closed: Vec<Closed>,
    /// Why no batch can be made, if that came up.
    pub stopped: Option<BatcherError>,
    /// An input that the engine refused.
    pub refused: Option<InputError>,
    /// A batch was taken apart and made again on the way, so what accounts hold must be taken over from the batcher.
    pub reopened: bool,
    /// False if everything is as before.
    pub changed: bool,
}

/// Who may be short, and what everybody paid.
pub(crate) struct Liquidations {
    terms: LiquidationTerms,
    index: Distances,
    /// What is held in all, as the index knows it.
    open: OpenLots,
    prices: EntryPrices,
    /// Why accounts could not be helped, as far as it was said.
    said: BTreeMap<u32, Refusal>,
    /// True for a copy: another one logs what happens.
    quiet: bool,
}

impl Liquidations {
    /// Nobody is known yet; the first call looks at whoever the engine has.
    pub fn new(terms: LiquidationTerms) -> Self {
        Self {
            terms,
            index: Distances::new(RiskTable::default()),
            open: OpenLots::default(),
            prices: EntryPrices::default(),
            said: BTreeMap::new(),
            quiet: false,
        }
    }

    /// What the operator has chosen.
    pub fn terms(&self) -> LiquidationTerms {
        self.terms
    }

    /// Goes on under other terms.
    pub fn configure(&mut self, terms: LiquidationTerms) {
        self.terms = terms;
    }

    /// What accounts held of a row at the last call.
    pub fn open(&self, row: usize) -> OpenRow {
        self.open.row(row)
    }

    /// Logs nothing from now on: another one does that is the same.
    pub fn be_quiet(&mut self) {
        self.quiet = true;
    }

    /// Goes on with the prices of one that this one takes the place of. Where accounts hold something else by now, the
    /// first call finds it.
    pub fn succeed(&mut self, before: Self) {
        self.prices = before.prices;
    }

    /// Counts what accounts paid for their lots in a fill of two orders.
    pub fn note(&mut self, fill: &Print, table: &RiskTable) {
        self.prices.note(fill, table);
    }

    /// Does what the state of the accounts asks for. Nothing happens while events wait, or at a table that is too old.
    pub fn run(
        &mut self,
        now: Millis,
        engine: &mut Engine,
        batcher: &mut Batcher,
        secrets: &mut dyn SecretSource,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        if batcher.pending() > 0 || batcher.table().header.version != engine.table().header.version {
            return outcome;
        }
        let table = engine.table().clone();
        if now.saturating_sub(table.header.time) > self.terms.table_age {
            return outcome;
        }
        if self.index.table().header != table.header {
            self.index.advance(&table);
        }
        outcome.changed = self.look(engine, &table);
        let house = batcher.house().unwrap_or_default();
        let holds = house.positions.iter().any(|lots| !lots.is_zero());
        let expired = (0..table.rows.len()).filter(|row| table.rows.get(*row).is_some_and(has_expired));
        let mut expired = expired.filter(|row| !self.index.holders(*row).is_empty());
        if self.index.due().is_empty() && !holds && expired.next().is_none() {
            self.said.clear();
            return outcome;
        }
        // What would make them riskier could not trade anyway.
        for account in self.index.due() {
            outcome.effects.extend(engine.drop_risky(AccountIndex(*account)));
        }
        let config = batcher.config();
        let most = |of: fn(&Shape) -> u16| config.shapes.iter().map(of).max().map_or(0, usize::from);
        let (units, places) = (most(|shape| shape.units), most(|shape| shape.places));
        let (policy, batches) = (self.terms.policy(), usize::try_from(self.terms.batches));
        let mut desk = Desk {
            table: &table,
            now,
            engine,
            batcher,
            secrets,
            index: &mut self.index,
            open: &mut self.open,
            prices: &mut self.prices,
            budget: units.saturating_mul(batches.unwrap_or(usize::MAX)),
            places: 1,
            done: 0,
            outcome,
        };
        let mut left = Left::default();
        for _ in 0..ROUNDS {
            let done = desk.done;
            desk.places = 1;
            left = decide(&mut desk, &policy);
            if places > 1 {
                desk.places = places;
                left.not_liquidated
                    .extend(liquidate_pairs(&mut desk, &left.pairs, places));
                let pairs: BTreeSet<u32> = left.pairs.iter().copied().collect();
                left.not_deleveraged.extend(deleverage_pairs(&mut desk, &pairs));
            }
            if desk.done == done {
                break;
            }
        }
        let (mut outcome, done) = (desk.outcome, desk.done);
        let came_up = outcome.stopped.is_some() || outcome.refused.is_some() || outcome.reopened;
        outcome.changed |= done > 0 || came_up || !outcome.effects.is_empty();
        self.say(left, places);
        outcome
    }

    /// Has the index know what accounts hold now, of those that have changed. True if what they paid is not what was
    /// counted.
    fn look(&mut self, engine: &mut Engine, table: &RiskTable) -> bool {
        let mut changed = false;
        for account in engine.take_touched() {
            match engine.account(account) {
                Some(view) => {
                    let held = Holding {
                        cash: view.holdings.cash.get(),
                        lots: view.holdings.positions,
                    };
                    self.open.moved(&self.index.holding(account.get()), &held);
                    self.index.update(account.get(), &held);
                    changed |= self.prices.agree(account, &held, table);
                }
                None => {
                    self.open.moved(&self.index.holding(account.get()), &Holding::default());
                    self.index.remove(account.get());
                    changed |= self.prices.agree(account, &Holding::default(), table);
                }
            }
        }
        changed
    }

    /// Says once who could not be helped, and why.
    fn say(&mut self, left: Left, places: usize) {
        let pairs = left
            .pairs
            .into_iter()
            .filter(|_| places < 2)
            .map(|account| (account, Refusal::Margin));
        let all = left.not_liquidated.into_iter().chain(pairs);
        let all = all.chain(left.not_taken).chain(left.not_deleveraged);
        let now: BTreeMap<u32, Refusal> = all.filter(|(account, _)| self.index.due().contains(account)).collect();
        for (account, refusal) in &now {
            if !self.quiet && self.said.get(account) != Some(refusal) {
                log::debug!(target: "cloister", "Account {account} is short and cannot be helped now: {refusal}");
            }
        }
        // Who is short is nobody's business who reads the log.
        if !self.quiet && !now.is_empty() && now.len() != self.said.len() {
            log::warn!(
                target: "cloister",
                "{} accounts are short and cannot be helped now; the log of level debug says which, and why",
                now.len(),
            );
        }
        self.said = now;
    }
}

impl Encode for Liquidations {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            terms,
            // These follow from the accounts.
            index: _,
            open: _,
            said: _,
            quiet: _,
            prices,
        } = self;
        (terms, prices.parts()).encode_to(out);
    }
}

impl EncodeLike for Liquidations {}

impl Decode for Liquidations {
    fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
        let (terms, parts) = Decode::decode(input)?;
        Ok(Self {
            prices: EntryPrices::of_parts(parts),
            ..Self::new(terms)
        })
    }
}

fn has_expired(row: &cloister_risk::Row) -> bool {
    row.status == Status::Expired
}

/// The batch in the making, for the policy.
struct Desk<'e, 't> {
    table: &'t RiskTable,
    now: Millis,
    engine: &'e mut Engine,
    batcher: &'e mut Batcher,
    secrets: &'e mut dyn SecretSource,
    index: &'e mut Distances,
    open: &'e mut OpenLots,
    prices: &'e mut EntryPrices,
    /// Units that may still be used.
    budget: usize,
    /// Places that units need: the batch must get a shape that has them.
    places: usize,
    /// Groups that were taken.
    done: usize,
    outcome: Outcome,
}

impl Desk<'_, '_> {
    /// What the engine is to plan.
    fn step(decision: &Decision) -> Result<UnsignedStep, Refusal> {
        let fills = |trades: &[Trade]| trades.iter().map(Fill::from).collect();
        Ok(match decision {
            Decision::Liquidate { account, trades } => UnsignedStep::Liquidate {
                account: AccountIndex(*account),
                fills: fills(trades),
            },
            Decision::TakeOver { account } => UnsignedStep::TakeOver {
                account: AccountIndex(*account),
            },
            Decision::Expire { account, rows } => UnsignedStep::Expire {
                account: AccountIndex(*account),
                rows: rows.clone(),
            },
            Decision::Deleverage { account, party, trades } => UnsignedStep::Deleverage {
                account: AccountIndex(*account),
                party: *party,
                fills: fills(trades),
            },
            Decision::Match { account, order, trade } => UnsignedStep::Match {
                order: OrderKey {
                    account: AccountIndex(*account),
                    id: InstructionId(*order),
                },
                quantity: Lots(trade.lots),
            },
            // Nobody signs an order on demand here.
            Decision::Take { .. } => return Err(Refusal::Order),
        })
    }

    /// Why the rules do not allow a unit. An order at rest that cannot trade leaves the book.
    fn refused(&mut self, error: UnsignedError) -> Refusal {
        match error {
            UnsignedError::Order { key, rule } => {
                self.outcome.effects.extend(self.engine.drop_unfit(key, rule));
                Refusal::Order
            }
            UnsignedError::NotAtRest(_) => Refusal::Order,
            UnsignedError::UnknownAccount(_) => Refusal::Account,
            UnsignedError::Instrument(_) | UnsignedError::OutOfRange(_) | UnsignedError::Fill { .. } => Refusal::Fill,
            UnsignedError::StaleLots { .. } => Refusal::Stale,
            UnsignedError::Margin { source, .. } => match source {
                MarginError::Conceded => Refusal::Conceded,
                MarginError::NotNeeded => Refusal::TooMuch,
                MarginError::NotShort | MarginError::Solvent => Refusal::NotInNeed,
                MarginError::NegativeEquity => Refusal::Equity,
                _ => Refusal::Margin,
            },
        }
    }

    /// Why the batch does not take a group.
    fn not_taken(&mut self, refusal: GroupRefusal) -> Refusal {
        let reason = match refusal {
            GroupRefusal::Void(reason) => reason,
            GroupRefusal::Waiting => return self.stop(None),
            GroupRefusal::Stopped(error) => return self.stop(Some(error)),
        };
        match reason {
            VoidReason::Group(GroupError::Unit(error)) => self.refused(error),
            VoidReason::Group(GroupError::TooLarge { .. } | GroupError::Places { .. }) => Refusal::Full,
            VoidReason::Group(GroupError::House(rule)) => match rule {
                BatchError::HouseEquity => Refusal::HouseEquity,
                BatchError::HouseGrowth(_) => Refusal::HouseGrowth,
                BatchError::StaleHouse(_) => Refusal::Stale,
                BatchError::DeleveragedLots(_) | BatchError::DeleveragedWithoutNeed(_) => Refusal::Unmatched,
                _ => Refusal::HouseMargin,
            },
            VoidReason::Refused(_) => {
                self.outcome.reopened = true;
                self.stop(None)
            }
            VoidReason::Rule { .. }
            | VoidReason::Expired { .. }
            | VoidReason::NotListed(_)
            | VoidReason::NoAccount(_)
            | VoidReason::Overtaken
            | VoidReason::CashRange(_) => Refusal::Fill,
        }
    }

    /// Nothing more is tried in this call.
    fn stop(&mut self, error: Option<BatcherError>) -> Refusal {
        self.budget = 0;
        self.outcome.stopped = error;
        Refusal::Full
    }

    /// A group is in a batch: the engine follows, and whatever else came into a batch on the way.
    fn taken(&mut self, plan: &UnsignedPlan) {
        self.done = self.done.saturating_add(1);
        self.budget = self.budget.saturating_sub(plan.group.units.len());
        let mut closed = closed::closed(&plan.group, self.engine, self.table);
        let effects = self.engine.commit_unsigned(plan);
        for effect in &effects {
            if let Effect::Liquidated(fill) = effect {
                self.prices.note(fill, self.table);
                closed.add(fill);
            }
        }
        if !closed.lots.is_empty() {
            self.outcome.closed.push(closed);
        }
        self.outcome.effects.extend(effects);
        for Forced { account, asked, paid } in self.batcher.take_forced() {
            if let Err(error) = self.engine.pay_forced(account, asked, paid) {
                self.outcome.refused = Some(error);
            }
        }
        for account in self.batcher.take_ended() {
            match self.engine.close(account) {
                Ok(effects) => self.outcome.effects.extend(effects),
                Err(error) => self.outcome.refused = Some(error),
            }
        }
        for account in self.engine.take_touched() {
            let held = self.engine.account(account).map(|view| Holding {
                cash: view.holdings.cash.get(),
                lots: view.holdings.positions,
            });
            let held = held.unwrap_or_default();
            self.open.moved(&self.index.holding(account.get()), &held);
            self.index.update(account.get(), &held);
            self.prices.agree(account, &held, self.table);
        }
    }
}

impl<'t> BatchDraft<'t> for Desk<'_, 't> {
    fn table(&self) -> &'t RiskTable {
        self.table
    }

    fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.index.accounts()
    }

    fn in_need(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        let due = self.index.due().iter();
        due.map(|account| (*account, self.index.holding(*account)))
    }

    fn holders(&self, row: usize) -> impl Iterator<Item = (u32, Holding)> + '_ {
        let holders = self.index.holders(row).into_iter();
        holders.map(|account| (account, self.index.holding(account)))
    }

    fn holding(&self, account: u32) -> Holding {
        self.index.holding(account)
    }

    fn house(&self) -> Holding {
        let house = self.batcher.house().unwrap_or_default();
        Holding {
            cash: house.cash.get(),
            lots: house.positions,
        }
    }

    fn room(&self) -> usize {
        self.batcher.most_units_of_a_group(self.places).min(self.budget)
    }

    /// Makers are their orders at rest.
    fn offers(&self, _row: usize, _side: Side, _price: OfferPrice) -> Vec<Offer> {
        Vec::new()
    }

    fn resting(&self, row: usize, side: Side) -> Vec<Resting> {
        let Some(row) = self.table.rows.get(row).filter(|row| row.is_priced()) else {
            return Vec::new();
        };
        let offers = self.engine.resting_offers(row.instrument_id, side, SHOWN).into_iter();
        let resting = offers.map(|offer| Resting {
            account: offer.key.account.get(),
            order: offer.key.id.get(),
            lots: offer.quantity.get(),
            price: offer.price.get(),
        });
        resting.collect()
    }

    fn profit(&self, account: u32, row: usize) -> i128 {
        self.prices.profit(AccountIndex(account), row, self.table)
    }

    fn push(&mut self, group: &[Decision]) -> Result<(), Refusal> {
        if group.len() > self.room() {
            return Err(Refusal::Full);
        }
        let steps: Vec<UnsignedStep> = group.iter().map(Self::step).collect::<Result<_, _>>()?;
        let plan = self.engine.plan_unsigned(&steps).map_err(|error| self.refused(error))?;
        self.batcher
            .push_group(self.now, plan.group.clone(), self.secrets)
            .map_err(|refusal| self.not_taken(refusal))?;
        self.taken(&plan);
        if self.batcher.has_voided() {
            // Events of a batch that was closed on the way were void: accounts are to be taken over first.
            self.stop(None);
        }
        Ok(())
    }
}
