//! A market left to chance: prices move, instruments expire and are listed again, and accounts trade, go broke and are
//! cleared.

use crate::{chain::INSTRUMENT, random::Random, world::World};
use cloister_crypto::Fr;
use cloister_ledger::{
    batch::{BatchWitness, Doors},
    fill::Fill,
    house::House,
    instruction::{InstructionKind, Side},
    shape::Shape,
    state::{BatchRequest, GroupLedger, UnitRequest},
    unit::{UnitEffect, UnitWitness},
};
use cloister_risk::{Assessment, Row, Status};
use cloister_types::{AccountIndex, Amount, Deficit, InstrumentId, Money, Position};

/// Marks stay in these bounds, 10^-6 per lot.
const MARKS: core::ops::Range<i64> = 25_000_000..200_000_000;
/// Insurance below this makes a market that pays for more.
const ENOUGH_INSURANCE: i128 = 20_000_000_000;
/// A deposit so small that prices can ruin the account.
const SMALL_DEPOSIT: u64 = 3_000_000_000;

/// A batch that grows unit by unit and is valid with nothing after it.
#[derive(Clone)]
struct Draft {
    shape: Shape,
    old_root: Fr,
    /// The state with the units so far.
    state: GroupLedger,
    request: BatchRequest,
    witnesses: Vec<UnitWitness>,
    effects: Vec<UnitEffect>,
    /// The house after the units so far.
    house: House,
}

impl Draft {
    fn new(state: GroupLedger, shape: Shape, request: BatchRequest) -> Self {
        Self {
            shape,
            old_root: state.root(),
            house: state.house().clone(),
            state,
            request,
            witnesses: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// The draft with more units, if there is room and it stays valid.
    fn with(&self, units: Vec<UnitRequest>) -> Option<Self> {
        let mut longer = self.clone();
        let (witnesses, effects) = longer
            .state
            .apply_units(self.shape, &self.request.context, &units, None)
            .ok()?;
        longer.request.units.extend(units);
        longer.witnesses.extend(witnesses);
        longer.effects.extend(effects);
        // Indices have no holes here, so an account that is empty stays.
        let closed = longer.effects.iter().any(|effect| effect.closed);
        if closed || longer.witnesses.len() > self.shape.units.into() {
            return None;
        }
        let witness = self
            .state
            .assemble(&longer.request, self.old_root, longer.witnesses.clone());
        longer.house = witness.settle(&longer.effects).ok()?.house;
        Some(longer)
    }
}

impl World {
    /// Moves the market by chance: new marks, sometimes far ones, and changes of status.
    pub fn move_market(&mut self) {
        let reach = if self.random.once_in(4) { 30 } else { 6 };
        for row in 0..self.live {
            let percent = self.random.below(2 * reach + 1) as i64 - reach as i64;
            let entry = &mut self.table.rows[row];
            if entry.status != Status::Expired && !entry.stale {
                entry.funding.0 += percent * 10_000;
                let mark = entry.mark.get() / 100 * (100 + percent) + percent;
                self.set_mark(row, mark.clamp(MARKS.start, MARKS.end));
            }
        }
        let row = self.random.below(self.live as u64) as usize;
        let trading =
            (0..self.live).filter(|r| self.table.rows[*r].status == Status::Trading && !self.table.rows[*r].stale);
        let spare = trading.count() > 1;
        match self.table.rows[row].status {
            Status::Trading if spare && self.random.once_in(8) => self.set_status(row, Status::CloseOnly),
            Status::CloseOnly if self.random.once_in(2) => self.set_status(row, Status::Trading),
            Status::CloseOnly | Status::Trading if spare && !self.table.rows[row].stale && self.random.once_in(8) => {
                self.set_status(row, Status::Expired);
            }
            Status::Expired => self.relist(row),
            Status::Empty | Status::Trading | Status::CloseOnly => (),
        }
        let row = self.random.below(self.live as u64) as usize;
        let stale = self.table.rows[row].stale;
        if stale || spare && self.table.rows[row].is_live() && self.random.once_in(8) {
            self.set_stale(row, !stale);
        }
    }

    /// Lists a new instrument in an expired row that a batch could prove empty.
    pub fn relist(&mut self, row: usize) {
        let house = self.state.house();
        if self.table.rows[row].status == Status::Expired
            && (house.open_interest[row], house.positions[row]) == (0, Position::ZERO)
        {
            let highest = self.table.rows.iter().map(|r| r.instrument_id).max();
            self.table.rows[row].instrument_id = InstrumentId(highest.map_or(INSTRUMENT, InstrumentId::get) + 1);
            self.set_status(row, Status::Trading);
        }
    }

    /// A random valid batch of every mode; needs at least two traders. Sometimes the market moves first.
    pub fn random_batch(&mut self, shape: Shape) -> BatchRequest {
        if self.random.once_in(3) {
            self.move_market();
        }
        let size = usize::from(shape.units);
        let mut draft = Draft::new(self.state.clone(), shape, self.request(Vec::new()));
        let mut attempts = 6 * size;
        while draft.request.units.len() < size {
            let traders = self.traders.clone();
            let units = if attempts == 0 {
                self.padding()
            } else {
                self.random_units(shape)
            };
            attempts = attempts.saturating_sub(1);
            match draft.with(units) {
                Some(longer) => draft = longer,
                None => self.traders = traders,
            }
        }
        let Draft { mut request, house, .. } = draft;
        if self.random.once_in(2) {
            let pool = u64::try_from(self.state.house().fee_pool.get()).unwrap_or(u64::MAX);
            request.sweep = Amount(self.random.below(pool.saturating_add(1)));
        }
        let claims = self.random.word() as u32 | (0xffff_ffff << (self.live + 2));
        for row in (0..32).filter(|row| (house.open_interest[*row], house.positions[*row]) == (0, Position::ZERO)) {
            request.empty_mask |= claims & (1 << row);
        }
        request.doors = self.random_doors();
        request
    }

    /// Money that the queue pays into the insurance or asks from it, of sizes at which every rule can decide.
    pub fn random_doors(&self) -> Doors {
        // Whatever else is drawn stays what it was.
        let mut random = Random::new(self.random.clone().word());
        let mut amount = |often: u64| match random.below(often) {
            0 => Amount(random.word()),
            1 => Amount(random.below(4)),
            2 => Amount(random.below(1_000_000_000)),
            3 => Amount(random.below(100_000_000)),
            _ => Amount::ZERO,
        };
        let [paid_in, asked, low] = [amount(6).min(Amount(1 << 40)), amount(7), amount(4)];
        let high = Amount(ENOUGH_INSURANCE as u64 + random.below(1_000_000_000));
        let keep = if random.once_in(4) { low } else { high };
        Doors { paid_in, asked, keep }
    }

    /// The witness of a batch whose units are valid one by one, whatever transfers and house say; `None` if a unit is
    /// not. The state does not move.
    pub fn draft(&self, shape: Shape, request: &BatchRequest) -> Option<BatchWitness> {
        let mut state = self.state.clone();
        let (units, effects) = state.apply_units(shape, &request.context, &request.units, None).ok()?;
        let mut witness = self.state.assemble(request, self.state.root(), units);
        if let Ok(settled) = witness.settle(&effects) {
            witness.take(&settled);
        }
        Some(witness)
    }

    fn padding(&mut self) -> Vec<UnitRequest> {
        let index = self.random.below(self.state.accounts().count() as u64) as u32;
        let deposit = self.random.below(2) * self.random.below(1_000_000);
        vec![UnitRequest::Padding {
            index: AccountIndex(index),
            deposit: Amount(deposit),
        }]
    }

    /// Units that may or may not be valid; nothing if what chance asks for makes no sense now.
    fn random_units(&mut self, shape: Shape) -> Vec<UnitRequest> {
        // Only accounts that were open before the batch.
        let known = self.state.accounts().count() as u64;
        let trader = self.random.below(known) as usize;
        let other = (trader + 1 + self.random.below(known - 1) as usize) % known as usize;
        let index = trader as u32;
        let amount = self.random.below(1_000_000);
        let one = |signed| {
            vec![UnitRequest::Normal {
                index: AccountIndex(index),
                deposit: Amount::ZERO,
                places: vec![(signed, Fill::default())],
            }]
        };
        match self.random.below(23) {
            0..=3 => self.trade(trader, other).into(),
            4 => {
                let all = self.random.once_in(3);
                let kind = if all {
                    InstructionKind::CancelAll
                } else {
                    InstructionKind::Cancel
                };
                one(self.instruct(trader, kind, 0))
            }
            5 => one(self.instruct(trader, InstructionKind::Withdrawal, amount)),
            6 => self.transfer(trader, other, amount).into(),
            7 => vec![self.rekey(trader)],
            8 => vec![self.random_forced(trader)],
            9 if self.traders.len() < 12 => {
                let deposit = SMALL_DEPOSIT + self.random.below(SMALL_DEPOSIT);
                vec![self.open(deposit)]
            }
            10 | 11 => self.leverage(trader),
            12..=14 | 19 => self.distressed(shape, known as usize),
            15 | 16 => self.expiry(shape, known as usize),
            17 => self.unload(trader),
            21 => self.reduce(known as usize),
            20 => {
                let transfers = !self.random.once_in(4);
                vec![self.switch(trader, transfers)]
            }
            22 => vec![self.close(trader)],
            18 if self.state.house().insurance < Money(ENOUGH_INSURANCE) => {
                let row = self.tradable_row();
                self.insure(row, 1_000).into()
            }
            _ => self.padding(),
        }
    }

    fn random_forced(&mut self, trader: usize) -> UnitRequest {
        let requested = match self.random.below(4) {
            0 => 0,
            1 => u64::MAX,
            2 => self.random.below(1_000_000),
            // Of the size of a small account.
            _ => self.random.below(2 * SMALL_DEPOSIT),
        };
        self.force(trader, requested)
    }

    /// A trade that uses up most of the trader's margin, against the richest account.
    fn leverage(&mut self, trader: usize) -> Vec<UnitRequest> {
        let row = self.tradable_row();
        let mark = self.table.rows[row].mark.get();
        let assessment = self.assess(trader);
        let required = assessment.requirement(self.table.header.initial).expect("in range");
        // A lot needs a fifth of its mark.
        let lots = (assessment.equity.get() - required.get()) * 5 / i128::from(mark)
            * (80 + i128::from(self.random.below(20)))
            / 100;
        let Some(quantity) = u64::try_from(lots.min(500)).ok().filter(|lots| *lots > 0) else {
            return Vec::new();
        };
        let accounts = self.state.accounts().map(|(index, _)| index.get() as usize);
        let richest = accounts.filter(|i| *i != trader).max_by_key(|i| self.assess(*i).equity);
        let Some(richest) = richest else { return Vec::new() };
        let price = mark as u64;
        let (buyer, seller) = if self.random.once_in(2) {
            (trader, richest)
        } else {
            (richest, trader)
        };
        vec![
            self.fill_order(buyer, row, Side::Buy, quantity, price),
            self.fill_order(seller, row, Side::Sell, quantity, price),
        ]
    }

    /// Takes over or deleverages an insolvent account, or liquidates one that is short of maintenance margin; an
    /// insolvent one at the mark.
    fn distressed(&mut self, shape: Shape, known: usize) -> Vec<UnitRequest> {
        let first = self.random.below(known as u64) as usize;
        let mut order = (0..known).map(|i| (first + i) % known);
        let ratio = self.table.header.maintenance;
        let short = order.find(|i| self.assess(*i).worst(ratio).is_ok_and(|(_, d)| d > Deficit::ZERO));
        let Some(trader) = short else { return Vec::new() };
        let insolvent = self.assess(trader).equity.is_negative();
        if insolvent && self.random.once_in(2) {
            return self.random_deleveraging(shape, trader, known);
        }
        if insolvent && self.random.once_in(2) {
            return vec![self.take_over(trader)];
        }
        let mut fills = Vec::new();
        let mut units = Vec::new();
        for row in self.held(trader, |row| row.is_live() && !row.stale) {
            if fills.len() == usize::from(shape.places) {
                break;
            }
            let lots = self
                .position(trader, row)
                .unsigned_abs()
                .min(self.table.rows[row].chunk.get());
            let needed = lots.min(self.needed(trader, row));
            let quantity = match self.random.below(4) {
                0 => lots,
                1 => 1 + self.random.below(lots),
                2 => 1 + self.random.below(needed),
                _ => needed,
            };
            // Somewhat worse than the mark for the account, unless it owes money already.
            let mark = self.table.rows[row].mark.get() as u64;
            let away = if insolvent { 0 } else { self.random.below(200_000) };
            let sells = self.position(trader, row) > 0;
            let price = if sells { mark - away } else { mark + away };
            fills.push(self.liquidation_fill(trader, row, quantity, price));
            // A trader takes the other side, or the house.
            let taker = self.random.below(known as u64) as usize;
            if units.is_empty() && taker != trader && self.random.once_in(3) {
                let side = if sells { Side::Buy } else { Side::Sell };
                units.push(self.fill_order(taker, row, side, quantity, price));
            }
        }
        units.push(UnitRequest::Liquidation {
            index: AccountIndex(trader as u32),
            deposit: Amount(self.random.below(2) * self.random.below(1_000)),
            fills,
        });
        units
    }

    /// The fewest lots of a row that bring a trader back to initial margin when they are closed at the mark; all of
    /// them if fewer do not.
    pub fn needed(&self, trader: usize, row: usize) -> u64 {
        let account = self.state.account(AccountIndex(trader as u32));
        let Some(account) = account.map(|state| &state.account) else {
            return 0;
        };
        let held = account.positions[row];
        let at = &self.table.rows[row];
        let (mut low, mut high) = (1, held.size().get());
        while low < high {
            let middle = low + (high - low) / 2;
            let closed = Position(held.get().signum() * middle as i64);
            let (mut positions, mut cash) = (account.positions, account.cash);
            positions[row] = held.checked_sub(closed).expect("in range");
            // Equity stays.
            cash = cash.checked_add(at.value.times(closed)).expect("in range");
            let after = Assessment::new(&self.table, &positions, cash).expect("in range");
            if after.worst(self.table.header.initial).expect("in range").1 <= Deficit::ZERO {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// An account that is short of initial margin closes a part by orders of its own, conceding up to the discount and
    /// now and then more.
    fn reduce(&mut self, known: usize) -> Vec<UnitRequest> {
        let first = self.random.below(known as u64) as usize;
        let mut order = (0..known).map(|i| (first + i) % known);
        let ratio = self.table.header.initial;
        let short = order.find(|i| self.assess(*i).worst(ratio).is_ok_and(|(_, d)| d > Deficit::ZERO));
        let Some(trader) = short else { return Vec::new() };
        let Some(row) = self
            .held(trader, |row| row.status == Status::Trading && !row.stale)
            .first()
            .copied()
        else {
            return Vec::new();
        };
        let lots = self.position(trader, row).unsigned_abs();
        let quantity = 1 + self.random.below(lots);
        let at = &self.table.rows[row];
        let (mark, sells) = (at.mark.get() as u64, self.position(trader, row) > 0);
        let basis = at.basis(sells).get() as u64;
        let highest = basis * u64::from(self.table.header.max_discount) / 256;
        let away = match self.random.below(4) {
            0 => highest + 1,
            1 => highest,
            _ => self.random.below(highest + 1),
        };
        let (side, price) = if sells {
            (Side::Sell, mark - away)
        } else {
            (Side::Buy, mark + away)
        };
        let other = (trader + 1) % known;
        vec![
            self.fill_order(trader, row, side, quantity, price),
            self.fill_order(other, row, side.opposite(), quantity, price),
        ]
    }

    /// Settles some expired positions of one account.
    fn expiry(&mut self, shape: Shape, known: usize) -> Vec<UnitRequest> {
        let first = self.random.below(known as u64) as usize;
        for trader in (0..known).map(|i| (first + i) % known) {
            let mut rows = self.held(trader, |row| row.status == Status::Expired);
            if !rows.is_empty() {
                rows.truncate(shape.places.into());
                return vec![self.expire(trader, &rows)];
            }
        }
        Vec::new()
    }

    /// A trader takes a part of what the house holds, at a price that favours the house.
    fn unload(&mut self, trader: usize) -> Vec<UnitRequest> {
        let held = self.state.house().positions;
        let live = |row: &usize| self.table.rows[*row].status == Status::Trading && !held[*row].is_zero();
        let Some(row) = (0..self.live).find(live) else {
            return Vec::new();
        };
        let quantity = 1 + self.random.below(held[row].size().get());
        let mark = self.table.rows[row].mark.get() as u64;
        let away = self.random.below(100_000);
        let (side, price) = if held[row] > Position::ZERO {
            (Side::Buy, mark + away)
        } else {
            (Side::Sell, mark - away)
        };
        vec![self.fill_order(trader, row, side, quantity, price)]
    }

    /// Rows of a kind in which a trader holds a position.
    fn held(&self, trader: usize, kind: impl Fn(&Row) -> bool) -> Vec<usize> {
        (0..self.live)
            .filter(|row| self.position(trader, *row) != 0 && kind(&self.table.rows[*row]))
            .collect()
    }
}
