//! Random units of every mode, at the edges of the rules more often than not.

mod keys;
mod signed;
mod unsigned;

use cloister_ledger::{Account, BatchWitness, House, Mode, Party, PlaceWitness, Shape, UnitError, UnitWitness};
use cloister_ledger_testing::{spoil, Random};
use cloister_risk::{Assessment, MarginChoice, MarginError, Status};
use cloister_types::{AccountIndex, Amount, Deficit, Lots, Money, Total};

use crate::market::{near, Market, TRADERS};

/// Every mode.
pub const MODES: [Mode; 12] = [
    Mode::Normal,
    Mode::Open,
    Mode::Rekey,
    Mode::Forced,
    Mode::Liquidation,
    Mode::Expiry,
    Mode::Takeover,
    Mode::Padding,
    Mode::Deleveraging(Party::Insolvent),
    Mode::Deleveraging(Party::Counterparty),
    Mode::Switch,
    Mode::Close,
];

/// Modes that a sequencer chooses for an account that is well.
const EVERYDAY: [Mode; 15] = [
    Mode::Normal,
    Mode::Normal,
    Mode::Normal,
    Mode::Normal,
    Mode::Forced,
    Mode::Forced,
    Mode::Forced,
    Mode::Rekey,
    Mode::Padding,
    Mode::Padding,
    Mode::Expiry,
    Mode::Deleveraging(Party::Counterparty),
    Mode::Switch,
    Mode::Switch,
    Mode::Close,
];

impl Market {
    /// A unit on the state of the market.
    pub fn candidate(&mut self, shape: Shape, random: &mut Random) -> UnitWitness {
        let places = usize::from(shape.places);
        let mut unit = match random.below(12) {
            0 => self.open(random, places),
            _ => self.update(random, places),
        };
        self.choose(random, &mut unit, places);
        if random.once_in(4) {
            unit = self.spoilt(unit, random);
        }
        unit
    }

    /// A unit of an account that does nothing yet.
    pub fn idle(&self, index: u32, before: Account, places: usize) -> UnitWitness {
        UnitWitness {
            index: AccountIndex(index),
            mode: Mode::Padding,
            deposit: Amount::ZERO,
            incoming: Amount::ZERO,
            requested: Amount::ZERO,
            paid: Amount::ZERO,
            path: self.tree.path(index),
            new_key: before.key,
            new_view_key: before.view_key,
            new_switches: before.switches,
            before,
            preimage: Default::default(),
            places: vec![PlaceWitness::default(); places],
            margin: MarginChoice::default(),
            need: 0,
        }
    }

    /// A unit of an account that exists.
    fn update(&mut self, random: &mut Random, places: usize) -> UnitWitness {
        let index = random.below(TRADERS as u64) as u32;
        let mut credit = || match random.below(16) {
            0 => u64::MAX,
            1..=3 => random.word() >> 30,
            _ => 0,
        };
        let (deposit, incoming) = (credit(), credit());
        let mut unit = UnitWitness {
            deposit: Amount(deposit),
            incoming: Amount(incoming),
            ..self.idle(index, self.account(index).account.clone(), places)
        };
        unit.mode = self.mode(random, &unit);
        match unit.mode {
            Mode::Normal => unit.places = self.signed_places(random, &unit),
            Mode::Liquidation => unit.places = self.liquidation(random, &unit),
            Mode::Expiry => unit.places = self.expiry(random, &unit),
            Mode::Deleveraging(_) => unit.places = self.deleveraging(random, &unit),
            Mode::Rekey => self.rekey(random, &mut unit),
            Mode::Forced => unit.requested = Amount(self.requested(random, &unit)),
            Mode::Switch => unit.new_switches.transfers = random.once_in(2),
            Mode::Open | Mode::Takeover | Mode::Padding | Mode::Close => (),
        }
        unit
    }

    /// Mostly one that suits the account's condition.
    fn mode(&self, random: &mut Random, unit: &UnitWitness) -> Mode {
        if random.once_in(8) {
            return MODES[random.below(MODES.len() as u64) as usize];
        }
        if unit.before.is_empty() && random.once_in(2) {
            return Mode::Close;
        }
        let ratio = self.context.table.header.maintenance;
        let now = self.assess(unit);
        let mut held = unit.before.positions.iter().zip(&self.context.table.rows);
        let settles = held.any(|(q, row)| !q.is_zero() && row.status == Status::Expired);
        match random.below(3) {
            0 if now.equity < Money::ZERO => Mode::Takeover,
            1 if now.equity < Money::ZERO => Mode::Deleveraging(Party::Insolvent),
            0 | 1 if now.worst(ratio).expect("in range").1 > Deficit::ZERO => Mode::Liquidation,
            2 if settles => Mode::Expiry,
            _ => EVERYDAY[random.below(EVERYDAY.len() as u64) as usize],
        }
    }

    /// The account before, deposit and incoming transfer included.
    fn assess(&self, unit: &UnitWitness) -> Assessment {
        let cash = unit.before.cash.get() + i128::from(unit.deposit.get()) + i128::from(unit.incoming.get());
        Assessment::new(&self.context.table, &unit.before.positions, Money(cash)).expect("in range")
    }

    /// About as much as some rule allows.
    fn amount(&self, random: &mut Random, unit: &UnitWitness) -> u64 {
        let header = &self.context.table.header;
        let now = self.assess(unit);
        let equity = now.equity.get();
        let over = |ratio| equity - now.requirement(ratio).expect("in range").get();
        let amounts = [over(header.initial), over(header.maintenance), equity, 1_000, 0];
        near(random, &amounts).clamp(0, u64::MAX.into()) as u64
    }

    /// An amount as an owner may queue it.
    fn requested(&self, random: &mut Random, unit: &UnitWitness) -> u64 {
        match random.below(4) {
            0 => u64::MAX,
            1 => random.below(1 << 40),
            _ => self.amount(random, unit),
        }
    }

    /// Chooses what follows from the rest of the unit, at times wrongly.
    fn choose(&self, random: &mut Random, unit: &mut UnitWitness, places: usize) {
        let mut best = unit.clone();
        let found = best.complete(&self.context, self.tree.root(), places);
        (unit.paid, unit.margin, unit.need) = (best.paid, best.margin, best.need);
        if matches!(
            found,
            Err(UnitError::Margin(MarginError::Conceded | MarginError::NotNeeded))
        ) {
            // The prover would name what comes nearest.
            let (worst, _) = self
                .assess(unit)
                .worst(self.context.table.header.maintenance)
                .expect("in range");
            unit.margin = MarginChoice::NotWorse(worst);
        }
        if unit.mode == Mode::Liquidation && random.once_in(if found.is_ok() { 6 } else { 2 }) {
            unit.need = random.below(18) as u8;
        }
        if unit.mode == Mode::Forced && random.once_in(4) {
            let paid = i128::from(unit.paid.get());
            let amounts = [paid, paid, paid, unit.requested.get().into(), 0];
            unit.paid = Amount(near(random, &amounts).clamp(0, u64::MAX.into()) as u64);
        }
        if random.once_in(if found.is_ok() { 10 } else { 2 }) {
            let scenario = random.below(18) as u8;
            unit.margin = match random.below(8) {
                0 => MarginChoice::Initial,
                1 => MarginChoice::Tight(scenario),
                2 => MarginChoice::NotWorse(scenario),
                // As the mode wants it.
                _ if unit.mode == Mode::Forced => MarginChoice::Tight(scenario % 17),
                _ => MarginChoice::NotWorse(scenario % 16),
            };
        }
    }

    /// Spoils a unit in one place or two. Left out is the group in an instruction, for which the circuit has no wire:
    /// it signs that of the batch.
    fn spoilt(&self, mut unit: UnitWitness, random: &mut Random) -> UnitWitness {
        const GROUP: u64 = 58;
        let mut times = 1 + u64::from(random.once_in(4));
        while times > 0 {
            let mut batch = BatchWitness {
                context: self.context.clone(),
                old_root: self.tree.root(),
                house: House::default(),
                sweep: Amount::ZERO,
                doors: Default::default(),
                insurance_out: Amount::ZERO,
                doors_choice: Default::default(),
                empty_mask: 0,
                units: vec![unit.clone()],
                house_margin: MarginChoice::default(),
            };
            let what = spoil(&mut batch, random);
            if what.unit.is_some() && what.case != GROUP {
                unit = batch.units.remove(0);
                times -= 1;
            }
            let fills = || unit.places.iter().map(|place| place.fill);
            if fills().any(|fill| fill.quantity == Lots(u64::MAX) || fill.cost == Total(u128::MAX)) {
                // Nothing can be added to it.
                break;
            }
        }
        unit
    }
}
