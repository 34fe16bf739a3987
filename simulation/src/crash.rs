//! The run: opening, then a table and its batches every minute, then everybody takes what margin allows.

use crate::{
    audit::{holds_live, Solvency, WHOLE},
    book::payable,
    crowd::{arrive, Crowd},
    draft::Draft,
    exchange::{place_of, Exchange, SettleError, Settled, Totals},
    makers::{discount, WithMakers},
    market::{Market, MarketError, Terms, FUTURE, PERPETUAL},
    prices::{Bar, HOUR, MINUTE},
    report::{Hour, Report},
    rounds::{Round, RoundError},
    step::{Action, Step},
    traders::{population, Role},
};
use cloister_ledger::{Mode, Party, Side};
use cloister_ledger_testing::Random;
use cloister_liquidator::{decide, deleverage_pairs, liquidate_pairs, Holding, Policy, Refusal, Trade, ONE_TIMES};
use cloister_risk::RiskTable;
use std::collections::{BTreeMap, BTreeSet};

/// What a run is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The price path, one bar per minute.
    pub bars: Vec<Bar>,
    /// What governance sets.
    pub terms: Terms,
    /// Traders, without the two sponsors.
    pub accounts: usize,
    /// Seed of all chance.
    pub seed: u64,
    /// The insurance's seed, 10^-6; paid to within a lot's price difference.
    pub insurance: u64,
    /// Leverage up to which the house takes liquidated lots that nobody else takes, hundredths; its margin may allow
    /// less.
    pub house_leverage: u64,
    /// Maximum number of batches per minute: what the prover makes.
    pub batches_a_minute: u64,
    /// Traders that may act at once.
    pub active: usize,
    /// Number of minutes from one turn of the traders to the next; in between, batches are made only for what is
    /// urgent.
    pub every: usize,
    /// Smallest first deposit of a maker, 10^-6; the largest is twice as much.
    pub maker_deposit: u64,
    /// Minutes from the first bar to the future's expiry.
    pub expiry: u64,
    /// Number of batches from one witness that is checked a second time to the next.
    pub recheck: u64,
}

impl Setup {
    /// Both days with defaults: 16 % scan range, 300 traders, half a million of insurance, four batches per minute, a
    /// future that settles at 08:00 of the second day.
    pub fn new(bars: Vec<Bar>) -> Self {
        Self {
            bars,
            terms: Terms::with_range(160_000),
            accounts: 300,
            seed: 1,
            insurance: 500_000_000_000,
            house_leverage: 5 * ONE_TIMES,
            batches_a_minute: 4,
            active: 8,
            every: 1,
            maker_deposit: 500_000_000_000,
            expiry: 32 * 60,
            recheck: 10,
        }
    }
}

/// Why a run ends early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrashError {
    /// A table cannot be made.
    #[error("table: {0}")]
    Market(#[from] MarketError),
    /// A batch did not settle.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// There are no bars.
    #[error("the price path is empty")]
    NoBars,
    /// The first trades or the last payments do not fit the rules.
    #[error("the opening or the closing: {0}")]
    Planned(Refusal),
    /// The solvency round at a table's time, milliseconds of Unix time, cannot be made or is wrong.
    #[error("solvency round at {0}: {1}")]
    Round(u64, RoundError),
    /// An account stayed insolvent with open lots, though deleveraging closes them at the first table.
    #[error(
        "account {account} is insolvent with open lots at the end of {tables} tables in a row, the last at {time}"
    )]
    Insolvent {
        /// Its index.
        account: u32,
        /// Number of tables.
        tables: u64,
        /// Time of the last one, milliseconds of Unix time.
        time: u64,
    },
}

/// Rounds in which the first traders build their positions.
const OPENING_ROUNDS: usize = 60;
/// Smallest sweep, 10^-6: less waits.
const SWEEP_MIN: u128 = 1_000_000;
/// Largest number of tables in a row at whose end an account may be insolvent with open lots.
const INSOLVENT_TABLES: u64 = 1;

/// The run.
pub struct Crash {
    setup: Setup,
    market: Market,
    exchange: Exchange,
    random: Random,
    /// Blinds the sums of solvency rounds, so that rounds change nothing of the run.
    blinding: Random,
    makers: Vec<u32>,
    report: Report,
    insolvent: BTreeMap<u32, u64>,
    insolvent_open: BTreeMap<u32, u64>,
    /// Accounts that shed lots by deleveraging, with what they owed at most then, and those that gave up lots.
    shed: BTreeMap<u32, i128>,
    /// The same of the hour.
    shed_in_hour: BTreeMap<u32, i128>,
    gave: BTreeSet<u32>,
    liquidated: BTreeSet<u32>,
    taken: BTreeSet<u32>,
    time: u64,
}

/// What a run shows while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// A batch settled.
    Batch(&'e Settled),
    /// A solvency round is complete.
    Round(&'e Round),
}

/// Who looks at it.
pub type Observer<'o> = &'o mut dyn FnMut(Event<'_>);

impl Crash {
    /// A group with its listings and no accounts.
    ///
    /// # Errors
    /// [`CrashError`].
    pub fn new(setup: Setup) -> Result<Self, CrashError> {
        let first = *setup.bars.first().ok_or(CrashError::NoBars)?;
        let mut random = Random::new(setup.seed);
        let range = u64::from(setup.terms.scan.price_range).max(1);
        let max_leverage = ONE_TIMES * 1_000_000 * 256 / (range * u64::from(setup.terms.initial).max(1));
        let traders = population(setup.accounts, max_leverage, setup.maker_deposit, &mut random);
        let makers = (0..traders.len() as u32)
            .filter(|index| traders[*index as usize].role == Role::Maker)
            .collect();
        let market = Market::new(setup.terms, first.time - MINUTE, first.time + setup.expiry * MINUTE)?;
        let exchange = Exchange::new(traders, setup.recheck, Random::new(random.word()));
        let blinding = Random::new(setup.seed);
        Ok(Self {
            setup,
            market,
            exchange,
            random,
            blinding,
            makers,
            report: Report::default(),
            insolvent: BTreeMap::new(),
            insolvent_open: BTreeMap::new(),
            shed: BTreeMap::new(),
            shed_in_hour: BTreeMap::new(),
            gave: BTreeSet::new(),
            liquidated: BTreeSet::new(),
            taken: BTreeSet::new(),
            time: 0,
        })
    }

    /// The group.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Lives through the whole path.
    ///
    /// # Errors
    /// [`CrashError`]; none of them happens if the rules and this code are right.
    pub fn run(&mut self, observe: Observer<'_>) -> Result<Report, CrashError> {
        self.open(observe)?;
        let bars = std::mem::take(&mut self.setup.bars);
        let mut last = bars[0].open;
        let mut table = None;
        for (minute, bar) in bars.iter().enumerate() {
            let made = self.market.table(bar)?;
            let worse = self.minute(minute, bar, &made, discount(last, bar.close), observe)?;
            last = bar.close;
            let hour_ends = made.header.time.is_multiple_of(HOUR) || minute + 1 == bars.len();
            if worse || hour_ends {
                self.round(&made, observe)?;
            }
            if hour_ends {
                self.shed_in_hour.clear();
            }
            table = Some(made);
        }
        self.report.tables = bars.len() as u64 + 1;
        self.setup.bars = bars;
        let table = table.ok_or(CrashError::NoBars)?;
        self.close(&table, observe)?;
        Ok(self.conclude())
    }

    fn settle(&mut self, draft: Draft<'_>, sweep: u64, mask: u32, observe: Observer<'_>) -> Result<(), CrashError> {
        self.time = draft.table().header.time.max(self.time + 1);
        let settled = self.exchange.settle(draft, self.time, sweep, mask)?;
        for unit in &settled.witness.units {
            match unit.mode {
                Mode::Liquidation => self.liquidated.insert(unit.index.get()),
                Mode::Takeover => self.taken.insert(unit.index.get()),
                Mode::Deleveraging(Party::Counterparty) => self.gave.insert(unit.index.get()),
                Mode::Deleveraging(Party::Insolvent) => {
                    let equity = Holding::from(&unit.before).equity(&settled.witness.context.table);
                    for shed in [&mut self.shed, &mut self.shed_in_hour] {
                        let owed = shed.entry(unit.index.get()).or_default();
                        *owed = equity.min(*owed);
                    }
                    true
                }
                _ => false,
            };
        }
        observe(Event::Batch(&settled));
        Ok(())
    }

    /// Accounts, insurance and positions before the first minute, all at its opening price.
    fn open(&mut self, observe: Observer<'_>) -> Result<(), CrashError> {
        let first = self.setup.bars[0];
        let before = Bar {
            time: first.time - MINUTE,
            open: first.open,
            close: first.open,
        };
        let table = self.market.table(&before)?;
        loop {
            let mut draft = Draft::new(&table, &self.exchange.book);
            arrive(&mut draft, &self.exchange.traders, None);
            if draft.steps.is_empty() {
                break;
            }
            self.settle(draft, 0, 0, observe)?;
        }
        self.insure(&table, observe)?;
        for _ in 0..OPENING_ROUNDS {
            let mut draft = Draft::new(&table, &self.exchange.book);
            let open = self.exchange.book.accounts.len();
            let mut crowd = Crowd {
                random: &mut self.random,
                traders: &self.exchange.traders,
                makers: &self.makers,
            };
            crowd.act(&mut draft, open.min(30));
            self.settle(draft, 0, 0, observe)?;
        }
        self.report.seed = self.exchange.book.house.equity(&table);
        self.report.house_low = (self.report.seed, table.header.time);
        Ok(())
    }

    /// Pays in the insurance's seed: the sponsors trade there and back, the buyer at the upper edge of
    /// the band, the seller at the lower one, and the difference stays with the house. Then they take out what they
    /// still have.
    fn insure(&mut self, table: &RiskTable, observe: Observer<'_>) -> Result<(), CrashError> {
        let row = &table.rows[PERPETUAL];
        let (mark, band) = (row.mark.get().unsigned_abs(), row.band.get());
        // Two trades, and both sides of each pay the band.
        let lots = (self.setup.insurance / (4 * band)).max(1);
        let mut draft = Draft::new(table, &self.exchange.book);
        for (buyer, seller) in [(0, 1), (1, 0)] {
            let buy = Step::order(buyer, Trade::at(PERPETUAL, Side::Buy, lots, mark + band));
            let sell = Step::order(seller, Trade::at(PERPETUAL, Side::Sell, lots, mark - band));
            draft.push(&[buy, sell]).map_err(CrashError::Planned)?;
        }
        for index in 0..2 {
            let rest = payable(table, &draft.book.holding(index), u64::MAX);
            draft
                .push(&[Step::new(index, Action::Withdraw(rest))])
                .map_err(CrashError::Planned)?;
        }
        self.settle(draft, 0, 0, observe)
    }

    /// A table and its batches. True if more is owed, or lacks, than at the end of any minute of the hour before.
    fn minute(
        &mut self,
        minute: usize,
        bar: &Bar,
        table: &RiskTable,
        discount: u32,
        observe: Observer<'_>,
    ) -> Result<bool, CrashError> {
        let before = (self.exchange.totals.clone(), self.exchange.audit.bad_debt);
        let policy = Policy {
            discount,
            house_leverage: self.setup.house_leverage,
        };
        let mut pairs = BTreeSet::new();
        for round in 0..self.setup.batches_a_minute {
            let mut draft = Draft::new(table, &self.exchange.book);
            let mut desk = WithMakers {
                draft: &mut draft,
                makers: &self.makers,
            };
            let left = decide(&mut desk, &policy);
            for (_, reason) in left.not_liquidated {
                *self.report.not_liquidated.entry(reason).or_default() += 1;
            }
            for (_, reason) in left.not_taken {
                *self.report.not_taken.entry(reason).or_default() += 1;
            }
            for (_, reason) in left.not_deleveraged {
                *self.report.not_deleveraged.entry(reason).or_default() += 1;
            }
            pairs.extend(left.pairs);
            if round == 0 && minute.is_multiple_of(self.setup.every.max(1)) {
                arrive(&mut draft, &self.exchange.traders, Some(minute));
                let mut crowd = Crowd {
                    random: &mut self.random,
                    traders: &self.exchange.traders,
                    makers: &self.makers,
                };
                crowd.act(&mut draft, self.setup.active);
            }
            if draft.steps.is_empty() {
                break;
            }
            let mask = self.mask(&draft);
            let sweep = if round == 0 && minute % 60 == 59 {
                draft.book.fees
            } else {
                0
            };
            let sweep = if sweep < SWEEP_MIN { 0 } else { sweep as u64 };
            self.settle(draft, sweep, mask, observe)?;
            self.note_house(table);
            if mask != 0 {
                self.market.unlist_future();
                break;
            }
        }
        self.pairs(table, pairs, observe)?;
        self.note_house(table);
        self.note_minute(bar, table, before)
    }

    /// A solvency round over the settled group, compared with what is counted from the outside: at the end of every
    /// hour, and wherever more is owed than before in it, for at their ends hours have mostly healed.
    fn round(&mut self, table: &RiskTable, observe: Observer<'_>) -> Result<(), CrashError> {
        let wrong = |error| CrashError::Round(table.header.time, error);
        let round = Round::new(self.exchange.state(), table, &mut self.blinding).map_err(wrong)?;
        round.agrees(&Solvency::of(&self.exchange.book, table)).map_err(wrong)?;
        if let Some(hour) = self.report.hours.last_mut() {
            hour.shown = Some(round.shown);
            hour.ratio = round.shown.ratio(self.exchange.audit.vault());
        }
        observe(Event::Round(&round));
        Ok(())
    }

    /// A batch of its own for accounts with legs that must go together.
    fn pairs(&mut self, table: &RiskTable, pairs: BTreeSet<u32>, observe: Observer<'_>) -> Result<(), CrashError> {
        let mut draft = Draft::new(table, &self.exchange.book);
        let still = |index: &u32| {
            let holding = self.exchange.book.holding(*index);
            holding.shortfall(table, table.header.maintenance) >= 1
        };
        let pairs: Vec<u32> = pairs.into_iter().filter(still).collect();
        let mut desk = WithMakers {
            draft: &mut draft,
            makers: &self.makers,
        };
        for (_, reason) in liquidate_pairs(&mut desk, &pairs, usize::from(cloister_ledger::Shape::MAKER.places)) {
            *self.report.not_liquidated.entry(reason).or_default() += 1;
        }
        for (_, reason) in deleverage_pairs(&mut desk, &pairs.into_iter().collect()) {
            *self.report.not_deleveraged.entry(reason).or_default() += 1;
        }
        if draft.steps.is_empty() {
            return Ok(());
        }
        self.settle(draft, 0, 0, observe)
    }

    /// The bit of the future's row once it has expired and nobody holds it any more.
    fn mask(&self, draft: &Draft<'_>) -> u32 {
        let expired = draft.table().header.time >= self.market.expiry() && !self.market.future_is_unlisted();
        let flat = |holding: &Holding| holding.lots[FUTURE].is_zero();
        let empty = flat(&draft.book.house) && draft.book.accounts.values().all(flat);
        u32::from(expired && empty) << FUTURE
    }

    fn note_house(&mut self, table: &RiskTable) {
        let house = &self.exchange.book.house;
        let equity = house.equity(table);
        if equity < self.report.house_low.0 {
            self.report.house_low = (equity, table.header.time);
        }
        let lots = house.lots.iter().map(|lots| lots.size().get()).sum();
        let start = (table.header.time - MINUTE) / HOUR * HOUR;
        if self.report.hours.last().is_none_or(|hour| hour.start != start) {
            self.report.hours.push(Hour {
                start,
                low: u64::MAX,
                house_low: equity,
                ratio_low: WHOLE,
                ratio: WHOLE,
                ..Hour::default()
            });
        }
        if let Some(hour) = self.report.hours.last_mut() {
            hour.house_low = hour.house_low.min(equity);
            hour.house_lots = hour.house_lots.max(lots);
            hour.house = equity;
        }
    }

    fn note_minute(&mut self, bar: &Bar, table: &RiskTable, before: (Totals, i128)) -> Result<bool, CrashError> {
        let accounts = &self.exchange.book.accounts;
        let insolvent = || accounts.iter().filter(|(_, holding)| holding.equity(table) < 0);
        let open = insolvent().filter(|(_, holding)| holds_live(holding, table));
        let longest_open = longest(&mut self.insolvent_open, open.map(|(index, _)| *index));
        let longest_insolvent = longest(&mut self.insolvent, insolvent().map(|(index, _)| *index));
        self.report.longest_open = self.report.longest_open.max(longest_open);
        self.report.longest_insolvent = self.report.longest_insolvent.max(longest_insolvent);
        let counted = Solvency::of(&self.exchange.book, table);
        let ratio = counted.ratio(self.exchange.audit.vault());
        let (totals, bad_debt) = before;
        let now = &self.exchange.totals;
        let Some(hour) = self.report.hours.last_mut() else {
            return Ok(false);
        };
        let units = |mode: Mode| now.modes[place_of(mode)] - totals.modes[place_of(mode)];
        hour.low = hour.low.min(bar.close);
        hour.close = bar.close;
        hour.batches += now.batches.iter().sum::<u64>() - totals.batches.iter().sum::<u64>();
        hour.fills += now.fills - totals.fills;
        hour.liquidations += units(Mode::Liquidation);
        hour.liquidated_lots += now.liquidated_lots - totals.liquidated_lots;
        hour.deleveraged_lots += now.deleveraged_lots - totals.deleveraged_lots;
        hour.deleveraged_worth += now.deleveraged_worth - totals.deleveraged_worth;
        hour.shed = (self.shed_in_hour.len() as u64, self.shed_in_hour.values().sum());
        hour.takeovers += units(Mode::Takeover);
        hour.bad_debt += self.exchange.audit.bad_debt - bad_debt;
        hour.waiting = hour.waiting.max(self.insolvent.len() as u64);
        hour.waiting_open = hour.waiting_open.max(self.insolvent_open.len() as u64);
        let worse = counted.debt > -hour.waiting_debt || counted.shortfall() > hour.shortfall;
        hour.waiting_debt = hour.waiting_debt.min(-counted.debt);
        hour.longest_open = hour.longest_open.max(longest_open);
        hour.shortfall = hour.shortfall.max(counted.shortfall());
        hour.ratio_low = hour.ratio_low.min(ratio);
        let time = table.header.time;
        let mut lasting = self.insolvent_open.iter();
        match lasting.find(|(_, tables)| **tables > INSOLVENT_TABLES) {
            Some((&account, &tables)) => Err(CrashError::Insolvent { account, tables, time }),
            None => Ok(worse),
        }
    }

    /// Everybody takes what margin allows: signed if flat, else forced.
    fn close(&mut self, table: &RiskTable, observe: Observer<'_>) -> Result<(), CrashError> {
        let indices: Vec<u32> = self.exchange.book.accounts.keys().copied().collect();
        let mut waiting = indices.into_iter().peekable();
        while waiting.peek().is_some() {
            let mut draft = Draft::new(table, &self.exchange.book);
            while draft.room() > 0 {
                let Some(index) = waiting.next() else {
                    break;
                };
                let holding = draft.book.holding(index);
                let room = payable(table, &holding, u64::MAX);
                let action = match (room, holding.is_flat()) {
                    (0, _) => continue,
                    (room, true) => Action::Withdraw(room),
                    (_, false) => Action::Force(u64::MAX),
                };
                draft.push(&[Step::new(index, action)]).map_err(CrashError::Planned)?;
            }
            if !draft.steps.is_empty() {
                self.settle(draft, 0, 0, observe)?;
            }
        }
        self.note_house(table);
        Ok(())
    }

    fn conclude(&mut self) -> Report {
        let audit = &self.exchange.audit;
        let mut report = std::mem::take(&mut self.report);
        report.totals = self.exchange.totals.clone();
        report.house_end = report.hours.last().map_or(0, |hour| hour.house);
        report.bad_debt = audit.bad_debt;
        report.house_gain = audit.house_gain;
        report.flows = (audit.deposits, audit.withdrawals, audit.swept);
        report.touched = (self.liquidated.len() as u64, self.taken.len() as u64);
        report.deleveraged = (self.shed.len() as u64, self.gave.len() as u64, self.shed.values().sum());
        report.funding = self.market.funding().unwrap_or_default();
        report.book = self.exchange.book.clone();
        report
    }
}

/// Counts one table more for who is among `now`, and forgets the others; the largest count.
fn longest(counts: &mut BTreeMap<u32, u64>, now: impl Iterator<Item = u32>) -> u64 {
    let before = std::mem::take(counts);
    counts.extend(now.map(|index| (index, before.get(&index).copied().unwrap_or_default() + 1)));
    counts.values().copied().max().unwrap_or_default()
}
