//! The engine: accounts, books, and the inputs that move them.
//!
//! Every input is a method; time is an argument. The same inputs in the same order give the same state and effects.

use crate::{
    account::{AccountView, Accounts, OpenOrder},
    book::{Book, Depth, Place, Resting},
    config::EngineConfig,
    effect::{Effect, Fill, FillSide, OrderOutcome, Removal},
    error::{InputError, Rejection},
    ids::{AccountIndex, FillId, Millis, OrderKey, Sequence},
    matcher::{Market, Plan, PlannedFill, Step, Stop},
    trade::Holdings,
};
use cloister_crypto::{schnorr::PublicKey, Fr};
use cloister_ledger::{account::cash_fits, instruction::flags, InstructionKind, Side, SignedInstruction};
use cloister_risk::RiskTable;
use cloister_types::{Amount, InstrumentId, Lots, Money};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What an accepted instruction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What happened, in order.
    pub effects: Vec<Effect>,
    /// What became of the order; `None` for other kinds.
    pub order: Option<OrderOutcome>,
}

/// A margin group's matching engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) table: RiskTable,
    pub(crate) accounts: Accounts,
    books: BTreeMap<InstrumentId, Book>,
    /// Orders at rest by expiry.
    expiries: BTreeSet<(Millis, OrderKey)>,
    now: Millis,
    next_sequence: Sequence,
    next_fill: FillId,
}

impl Engine {
    /// An engine with no accounts.
    ///
    /// # Errors
    /// The table is of another group or breaks a bound.
    pub fn new(config: EngineConfig, table: RiskTable) -> Result<Self, InputError> {
        check_table(&config, &table)?;
        Ok(Self {
            config,
            table,
            accounts: Accounts::new(),
            books: BTreeMap::new(),
            expiries: BTreeSet::new(),
            now: 0,
            next_sequence: 0,
            next_fill: 0,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// The risk table in force.
    pub fn table(&self) -> &RiskTable {
        &self.table
    }

    /// The latest time given.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// One account.
    pub fn account(&self, index: AccountIndex) -> Option<&AccountView> {
        self.accounts.get(&index)
    }

    /// All accounts in order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountIndex, &AccountView)> {
        self.accounts.iter().map(|(index, account)| (*index, account))
    }

    /// The book of an instrument, if anything ever rested in it.
    pub fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.books.get(&instrument)
    }

    /// The best `levels` prices of an instrument.
    pub fn depth(&self, instrument: InstrumentId, levels: usize) -> Depth {
        self.books.get(&instrument).map(|b| b.depth(levels)).unwrap_or_default()
    }

    /// Moves time on and takes expired orders out of the books. Time never goes back: an earlier time changes nothing.
    pub fn advance(&mut self, now: Millis) -> Vec<Effect> {
        self.now = self.now.max(now);
        let needed = self.alive_from();
        let expired: Vec<OrderKey> = self
            .expiries
            .iter()
            .take_while(|(expiry, _)| *expiry < needed)
            .map(|(_, key)| *key)
            .collect();
        expired
            .into_iter()
            .filter_map(|key| self.drop_order(key, Removal::Expired))
            .collect()
    }

    /// Puts a new risk table in force and takes orders of instruments that stopped trading out of the books.
    ///
    /// # Errors
    /// The table is of another group, older than the current one, or breaks a bound.
    pub fn set_table(&mut self, table: RiskTable) -> Result<Vec<Effect>, InputError> {
        check_table(&self.config, &table)?;
        if table.header.version < self.table.header.version {
            return Err(InputError::OlderTable {
                current: self.table.header.version,
                found: table.header.version,
            });
        }
        self.table = table;
        let stopped: Vec<OrderKey> = self
            .books
            .iter()
            .filter(|(id, _)| self.table.row_of(**id).is_none_or(|(_, row)| !row.is_live()))
            .flat_map(|(_, book)| {
                let mut orders = book.orders(Side::Buy);
                orders.extend(book.orders(Side::Sell));
                orders.into_iter().map(|(_, order)| order.key)
            })
            .collect();
        Ok(stopped
            .into_iter()
            .filter_map(|key| self.drop_order(key, Removal::NotTrading))
            .collect())
    }

    /// A queued open: a fresh account with its first deposit.
    ///
    /// # Errors
    /// [`InputError::AlreadyOpen`].
    pub fn open(
        &mut self,
        account: AccountIndex,
        public_key: PublicKey,
        view_key: Fr,
        deposit: Amount,
    ) -> Result<(), InputError> {
        if self.accounts.contains_key(&account) {
            return Err(InputError::AlreadyOpen(account));
        }
        let mut view = AccountView::new(public_key, view_key);
        view.holdings.cash = deposit.into();
        self.accounts.insert(account, view);
        Ok(())
    }

    /// A queued deposit.
    ///
    /// # Errors
    /// The account is unknown or its cash would leave its range.
    pub fn deposit(&mut self, account: AccountIndex, amount: Amount) -> Result<(), InputError> {
        let view = self
            .accounts
            .get_mut(&account)
            .ok_or(InputError::UnknownAccount(account))?;
        let cash = view.holdings.cash.checked_add(amount.into()).filter(|c| cash_fits(*c));
        view.holdings.cash = cash.ok_or(InputError::CashRange(account))?;
        Ok(())
    }

    /// A queued close that takes effect, which is decided where it is put into a batch: the account's orders leave the
    /// books, and nothing more is taken from it.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`].
    pub fn close(&mut self, account: AccountIndex) -> Result<Vec<Effect>, InputError> {
        let view = self
            .accounts
            .get_mut(&account)
            .ok_or(InputError::UnknownAccount(account))?;
        view.closing = true;
        let ids: Vec<_> = view.open_orders().map(|(id, _)| id).collect();
        let keys = ids.into_iter().map(|id| OrderKey { account, id });
        Ok(keys
            .filter_map(|key| self.drop_order(key, Removal::Cancelled))
            .collect())
    }

    /// Forgets an account that is no more: its index is never given again. Unknown already, or not closed, it stays as
    /// it is.
    pub fn forget(&mut self, account: AccountIndex) {
        if self.accounts.get(&account).is_some_and(|view| view.closing) {
            self.accounts.remove(&account);
        }
    }

    /// Puts an account in as the chain has it, at the start of a sequencer.
    ///
    /// # Errors
    /// [`InputError::AlreadyOpen`].
    pub fn restore(&mut self, account: AccountIndex, view: AccountView) -> Result<(), InputError> {
        if self.accounts.contains_key(&account) {
            return Err(InputError::AlreadyOpen(account));
        }
        self.accounts.insert(account, view);
        Ok(())
    }

    /// Replaces what accounts hold, when the ledger had to be replayed at another table. Orders at rest stay. Accounts
    /// that are not named are those whose close takes effect; of a close that took effect before and does not now, the
    /// account goes on.
    ///
    /// # Errors
    /// [`InputError::UnknownAccount`]; nothing has changed then.
    pub fn rebase(&mut self, holdings: &BTreeMap<AccountIndex, Holdings>) -> Result<(), InputError> {
        if let Some(unknown) = holdings.keys().find(|index| !self.accounts.contains_key(index)) {
            return Err(InputError::UnknownAccount(*unknown));
        }
        for (index, view) in &mut self.accounts {
            let held = holdings.get(index);
            view.holdings = held.copied().unwrap_or_default();
            view.closing = held.is_none();
        }
        Ok(())
    }

    /// Takes a signed instruction.
    ///
    /// The effects of [`Self::advance`] come first. A refused instruction changes nothing but time.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn submit(&mut self, now: Millis, signed: SignedInstruction) -> Result<Accepted, Rejection> {
        let (effects, result) = self.submit_with_effects(now, signed);
        let mut accepted = result?;
        accepted.effects = effects.into_iter().chain(accepted.effects).collect();
        Ok(accepted)
    }

    /// As [`Self::submit`], but gives the effects of time passing even if the instruction is refused.
    pub fn submit_with_effects(
        &mut self,
        now: Millis,
        signed: SignedInstruction,
    ) -> (Vec<Effect>, Result<Accepted, Rejection>) {
        let effects = self.advance(now);
        (effects, self.take(signed))
    }

    fn take(&mut self, signed: SignedInstruction) -> Result<Accepted, Rejection> {
        self.check_signed(&signed)?;
        let signed = Arc::new(signed);
        match signed.instruction.kind {
            InstructionKind::Order => self.take_order(signed),
            InstructionKind::Cancel => self.take_cancel(signed),
            InstructionKind::CancelAll => self.take_cancel_all(signed),
            InstructionKind::Withdrawal => self.take_withdrawal(signed),
            // Transfers are proven, and not taken by this sequencer yet.
            InstructionKind::None | InstructionKind::Transfer => Err(Rejection::FieldRange(crate::error::Field::Kind)),
        }
    }

    fn take_order(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let order = &signed.instruction;
        let row = self.check_order(order)?;
        let quantity = self.remaining_of(order)?;
        self.check_order_margin(order, row, quantity)?;
        let empty = Book::default();
        let plan = {
            let book = self.books.get(&order.instrument_id).unwrap_or(&empty);
            let market = Market {
                table: &self.table,
                row,
                book,
                accounts: &self.accounts,
                fees: self.config.fees,
                alive_from: self.alive_from(),
            };
            if order.has(flags::POST_ONLY) {
                if let Some(best) = market.first_crossing(order) {
                    return Err(Rejection::WouldCross { best });
                }
            }
            market.plan(order, quantity)
        };
        if order.has(flags::FILL_OR_KILL) && !plan.remaining.is_zero() {
            return Err(Rejection::NotFilledInFull {
                available: quantity.saturating_sub(plan.remaining),
                quantity,
            });
        }
        if let (false, Some(stop)) = (plan.fills(), plan.stop) {
            return Err(match stop {
                Stop::SelfTrade(id) => Rejection::SelfTrade(id),
                Stop::NothingToReduce => Rejection::WouldNotReduce,
                Stop::Rule(rule) => Rejection::Fill(rule),
            });
        }
        Ok(self.commit(signed, plan, quantity))
    }

    /// Makes a plan happen.
    fn commit(&mut self, signed: Arc<SignedInstruction>, plan: Plan, quantity: Lots) -> Accepted {
        let order = &signed.instruction;
        let key = OrderKey::of(order);
        let mut effects = self.replace_slot(key);
        for step in &plan.steps {
            match step {
                Step::Remove(removal) => effects.extend(self.drop_order(removal.maker, removal.reason)),
                Step::Fill(fill) => effects.extend(self.fill(&signed, fill)),
            }
        }
        for (account, holdings) in &plan.holdings {
            if let Some(view) = self.accounts.get_mut(account) {
                view.holdings = *holdings;
            }
        }
        let remaining = plan.remaining;
        let mut outcome = OrderOutcome {
            filled: quantity.saturating_sub(remaining),
            resting: Lots::ZERO,
            dropped: plan.stop.map(Removal::from),
        };
        if !remaining.is_zero() && outcome.dropped.is_none() && order.has(flags::IMMEDIATE_OR_CANCEL) {
            outcome.dropped = Some(Removal::Immediate);
        }
        if !remaining.is_zero() {
            match outcome.dropped {
                Some(reason) => effects.push(Effect::Removed { key, remaining, reason }),
                None => {
                    outcome.resting = remaining;
                    self.rest(key, &signed, remaining);
                    effects.push(Effect::Rested { key, remaining });
                }
            }
        }
        Accepted {
            effects,
            order: Some(outcome),
        }
    }

    /// Takes an id and drops the order at rest that it replaces.
    fn replace_slot(&mut self, key: OrderKey) -> Vec<Effect> {
        let Some(view) = self.accounts.get_mut(&key.account) else {
            return Vec::new();
        };
        view.take_id(key.id);
        let overtaken = view.overtaken_by(key.id);
        overtaken
            .into_iter()
            .filter_map(|id| {
                self.drop_order(
                    OrderKey {
                        account: key.account,
                        id,
                    },
                    Removal::Overtaken,
                )
            })
            .collect()
    }

    fn fill(&mut self, taker: &Arc<SignedInstruction>, fill: &PlannedFill) -> Option<Effect> {
        let order = &taker.instruction;
        let maker = self
            .accounts
            .get(&fill.maker.account)?
            .open_order(fill.maker.id)?
            .signed
            .clone();
        let key = OrderKey::of(order);
        if let Some(book) = self.books.get_mut(&order.instrument_id) {
            book.reduce(fill.place, fill.quantity);
        }
        if let Some(view) = self.accounts.get_mut(&fill.maker.account) {
            view.add_fill(fill.maker.id, fill.quantity);
            view.reduce(fill.maker.id, fill.quantity);
            if view.open_order(fill.maker.id).is_none() {
                self.expiries.remove(&(maker.instruction.expiry, fill.maker));
            }
        }
        if let Some(view) = self.accounts.get_mut(&key.account) {
            view.add_fill(key.id, fill.quantity);
        }
        let id = self.next_fill;
        self.next_fill = self.next_fill.saturating_add(1);
        Some(Effect::Filled(Fill {
            id,
            time: self.now,
            instrument_id: order.instrument_id,
            price: fill.place.price,
            quantity: fill.quantity,
            taker_side: order.side,
            maker: FillSide {
                key: fill.maker,
                order: maker,
                fee: fill.maker_fee,
            },
            taker: FillSide {
                key,
                order: taker.clone(),
                fee: fill.taker_fee,
            },
        }))
    }

    fn rest(&mut self, key: OrderKey, signed: &Arc<SignedInstruction>, remaining: Lots) {
        let order = &signed.instruction;
        let place = Place {
            side: order.side,
            price: order.price(),
            sequence: self.next_sequence,
        };
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.books
            .entry(order.instrument_id)
            .or_default()
            .insert(place, Resting { key, remaining });
        self.expiries.insert((order.expiry, key));
        if let Some(view) = self.accounts.get_mut(&key.account) {
            view.rest(
                key.id,
                OpenOrder {
                    signed: signed.clone(),
                    remaining,
                    place,
                    since: self.now,
                },
            );
        }
    }

    /// Takes an order out of the books.
    fn drop_order(&mut self, key: OrderKey, reason: Removal) -> Option<Effect> {
        let order = self.accounts.get_mut(&key.account)?.remove(key.id)?;
        let instruction = &order.signed.instruction;
        self.expiries.remove(&(instruction.expiry, key));
        if let Some(book) = self.books.get_mut(&instruction.instrument_id) {
            book.remove(order.place);
        }
        Some(Effect::Removed {
            key,
            remaining: order.remaining,
            reason,
        })
    }

    fn take_cancel(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let key = OrderKey::of(&signed.instruction);
        self.view(key.account)?.check_id(key.id, false)?;
        let mut effects: Vec<Effect> = self.drop_order(key, Removal::Cancelled).into_iter().collect();
        effects.extend(self.replace_slot(key));
        effects.push(self.bind_cancel(key, signed));
        Ok(Accepted { effects, order: None })
    }

    /// A cancel is proven unless the account's equity is negative, when no unit of it can be (B-EQUITY); it still holds
    /// here.
    fn bind_cancel(&mut self, key: OrderKey, signed: Arc<SignedInstruction>) -> Effect {
        let table = &self.table;
        let Some(view) = self.accounts.get_mut(&key.account) else {
            return Effect::Unbound(signed);
        };
        view.use_up(key.id);
        match view.holdings.assess(table) {
            Ok(now) if now.equity >= Money::ZERO => Effect::Bound(signed),
            _ => Effect::Unbound(signed),
        }
    }

    fn take_cancel_all(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let key = OrderKey::of(&signed.instruction);
        let view = self.view(key.account)?;
        view.check_id(key.id, false)?;
        let dead = view.below(key.id);
        let mut effects: Vec<Effect> = dead
            .into_iter()
            .filter_map(|id| {
                self.drop_order(
                    OrderKey {
                        account: key.account,
                        id,
                    },
                    Removal::Cancelled,
                )
            })
            .collect();
        effects.extend(self.replace_slot(key));
        if let Some(view) = self.accounts.get_mut(&key.account) {
            view.min_id = key.id;
        }
        effects.push(self.bind_cancel(key, signed));
        Ok(Accepted { effects, order: None })
    }

    fn take_withdrawal(&mut self, signed: Arc<SignedInstruction>) -> Result<Accepted, Rejection> {
        let instruction = &signed.instruction;
        let key = OrderKey::of(instruction);
        let view = self.view(key.account)?;
        view.check_id(key.id, true)?;
        if !view.filled(key.id).is_zero() {
            return Err(Rejection::Duplicate(key.id));
        }
        let cash = self.check_withdrawal(instruction)?;
        let mut effects = self.replace_slot(key);
        if let Some(view) = self.accounts.get_mut(&key.account) {
            view.holdings.cash = cash;
            view.use_up(key.id);
        }
        effects.push(Effect::Bound(signed));
        Ok(Accepted { effects, order: None })
    }

    pub(crate) fn view(&self, account: AccountIndex) -> Result<&AccountView, Rejection> {
        self.accounts
            .get(&account)
            .filter(|view| !view.closing)
            .ok_or(Rejection::UnknownAccount(account))
    }

    /// Earliest expiry that is still good.
    pub(crate) fn alive_from(&self) -> Millis {
        self.now.saturating_add(self.config.settlement_slack)
    }
}

fn check_table(config: &EngineConfig, table: &RiskTable) -> Result<(), InputError> {
    let group = table.header.group;
    if group != config.group {
        return Err(InputError::WrongGroup(group));
    }
    Ok(table.validate()?)
}
