//! Spoiling a valid batch witness in one place; the result may still be valid, but mostly is not. Tests only
//! demand that native code and circuit agree.

use crate::random::Random;
use cloister_crypto::Fr;
use cloister_ledger::{
    account::Key,
    batch::BatchWitness,
    fill::Fill,
    instruction::{flags, InstructionKind, Side},
    state::{BatchRequest, UnitRequest},
    unit::{Mode, Party, UnitWitness},
};
use cloister_risk::{MarginChoice, Status};
use cloister_types::{Amount, InstructionId, Lots, Money, PerLot, Position, Price, Total};

/// What was spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoil {
    /// Unit, or none for the batch.
    pub unit: Option<usize>,
    /// Case number.
    pub case: u64,
}

const UNIT_CASES: u64 = 70;
const BATCH_CASES: u64 = 35;

/// Every mode.
const MODES: [Mode; 12] = [
    Mode::Open,
    Mode::Rekey,
    Mode::Normal,
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

/// Changes one thing of a witness.
pub fn spoil(witness: &mut BatchWitness, random: &mut Random) -> Spoil {
    if witness.units.iter().any(deleverages) && random.once_in(2) {
        spoil_deleveraging(witness, random);
        let case = BATCH_CASES;
        return Spoil { unit: None, case };
    }
    if witness.units.iter().any(liquidates) && random.once_in(3) {
        spoil_liquidation(witness, random);
        let case = BATCH_CASES;
        return Spoil { unit: None, case };
    }
    if random.once_in(4) {
        let case = random.below(BATCH_CASES);
        spoil_batch(witness, case, random);
        return Spoil { unit: None, case };
    }
    let mut at = random.below(witness.units.len() as u64) as usize;
    for _ in 0..2 {
        if matches!(witness.units[at].mode, Mode::Padding | Mode::Normal) {
            // Rarer modes get another chance.
            at = random.below(witness.units.len() as u64) as usize;
        }
    }
    let case = random.below(UNIT_CASES);
    spoil_unit(&mut witness.units[at], case, random);
    Spoil { unit: Some(at), case }
}

/// A choice of any kind, sometimes of a scenario that does not exist.
fn margin(random: &mut Random) -> MarginChoice {
    let scenario = random.below(18) as u8;
    match random.below(3) {
        0 => MarginChoice::Initial,
        1 => MarginChoice::NotWorse(scenario),
        _ => MarginChoice::Tight(scenario),
    }
}

fn status(random: &mut Random) -> Status {
    [Status::Empty, Status::Trading, Status::CloseOnly, Status::Expired][random.below(4) as usize]
}

/// Mostly near zero, sometimes far.
fn lots(random: &mut Random) -> i64 {
    let bits = random.below(41);
    let size = random.below(1 << bits) as i64;
    if random.once_in(2) {
        size
    } else {
        -size
    }
}

/// Changes one unit of a request, or their order. Makes batches of valid units that transfers and house refuse.
pub fn spoil_request(request: &mut BatchRequest, random: &mut Random) {
    let count = request.units.len() as u64;
    let (a, b) = (random.below(count) as usize, random.below(count) as usize);
    let index = request.units[b].index();
    match random.below(4) {
        0 => request.units.swap(a, b),
        1 => {
            request.units[a] = UnitRequest::Padding {
                index,
                deposit: Amount::ZERO,
            }
        }
        2 => request.units.rotate_left(1),
        _ => request.sweep = Amount(random.word()),
    }
}

/// One of the changes of the batch, or instead of it, now and then, one of what goes in and out of the insurance.
fn spoil_batch(w: &mut BatchWitness, case: u64, random: &mut Random) {
    // Of its own, so that the other draws stay what they are.
    let mut own = Random::new(random.clone().word());
    let before = own.once_in(6).then(|| w.clone());
    spoil_house_or_table(w, case, random);
    if let Some(before) = before {
        *w = before;
        spoil_doors(w, &mut own);
    }
}

fn spoil_house_or_table(w: &mut BatchWitness, case: u64, random: &mut Random) {
    let row = random.below(5) as usize;
    let table = &mut w.context.table;
    match case {
        0 => w.sweep = Amount(w.sweep.get().wrapping_add(random.word())),
        1 => w.empty_mask = random.word() as u32,
        2 => w.house.insurance.0 += 1,
        3 => w.house.positions[row] = Position(lots(random)),
        4 => w.house.open_interest[row] = random.below(4),
        5 => w.context.time += random.below(2_000_000_000),
        6 => table.rows[row].status = Status::Expired,
        7 => table.rows[row].limit = Lots(random.below(10)),
        8 => w.old_root += Fr::one(),
        9 => table.header.initial = 4095,
        10 => w.house.insurance = Money(-i128::from(random.word())),
        11 => w.house.insurance = Money(i128::from(random.below(1_000_000_000))),
        12 => w.house.positions[row].0 += lots(random),
        13 => w.house.positions[row] = Position(-(1 << 40) - random.below(2) as i64),
        14 => w.house.open_interest[row] += 1,
        15 => w.house.open_interest[row] = (1 << 50) - 1,
        16 => w.house_margin = margin(random),
        17 => table.rows[row].status = status(random),
        18 => table.rows.iter_mut().for_each(|row| row.chunk = Lots(random.below(20))),
        19 => table.rows[row].band = Price(random.below(100_000)),
        20 => table.rows[row].mark.0 += random.below(2) as i64 * 2 - 1,
        21 => table.header.penalty = random.below(4) as u16,
        22 => {
            // A price of the accounts, without its mark: equity moves.
            table.rows[row].value = PerLot(random.below(150_000_000) as i64);
        }
        23 => table.header.maintenance = random.below(4096) as u16,
        24 => table.rows[row].scenarios[random.below(16) as usize] = PerLot(lots(random)),
        25 => table.rows[row].floor_long = Price(random.below(100_000_000)),
        26 => w.house.fee_pool = Total(u128::from(random.below(3))),
        27 => table.header.fee_cap = random.below(300) as u32,
        28 => {
            w.house.insurance.0 -= i128::from(random.below(1 << 40));
            w.house_margin = MarginChoice::NotWorse(random.below(16) as u8);
        }
        29 => table.rows[row].stale = !table.rows[row].stale,
        30 => table.rows.iter_mut().for_each(|row| row.stale = row.is_live()),
        31 | 32 => {
            // Other marks, in the bands of the old ones.
            for row in &mut table.rows {
                row.mark.0 += random.below(2 * row.band.get() + 1) as i64 - row.band.get() as i64;
            }
        }
        33 => table.header.max_discount = random.below(3) as u16,
        _ => w.units.rotate_left(1),
    }
}

/// Changes what goes in and out of the insurance.
fn spoil_doors(w: &mut BatchWitness, random: &mut Random) {
    let off = |amount: Amount, by: u64| Amount(amount.get().wrapping_add(by).wrapping_sub(1));
    match random.below(5) {
        0 => w.insurance_out = off(w.insurance_out, random.below(3)),
        1 => w.doors.asked = off(w.doors.asked, random.below(3)),
        2 => w.doors.keep = Amount(random.below(1 << 40)),
        3 => w.doors_choice = MarginChoice::Tight(random.below(18) as u8),
        _ => w.doors.paid_in = Amount(random.below(1 << 40)),
    }
}

fn liquidates(unit: &UnitWitness) -> bool {
    unit.mode == Mode::Liquidation && unit.places.iter().any(|place| !place.fill.is_nothing())
}

/// Changes a liquidation in what B-NEED and B-DISCOUNT look at.
fn spoil_liquidation(w: &mut BatchWitness, random: &mut Random) {
    let header = &mut w.context.table.header;
    let rows = &mut w.context.table.rows;
    let mut units: Vec<_> = w.units.iter_mut().filter(|unit| liquidates(unit)).collect();
    let at = random.below(units.len() as u64) as usize;
    let unit = &mut units[at];
    let case = random.below(4);
    if case == 0 {
        unit.need = random.below(17) as u8;
        return;
    }
    let mut fills = unit.places.iter_mut().map(|place| &mut place.fill);
    let Some(fill) = fills.find(|fill| !fill.is_nothing()) else {
        return;
    };
    let row = &mut rows[usize::from(fill.row)];
    let mark = row.mark.get() as u128;
    if case == 1 {
        let (discount, part) = (random.below(4), random.below(2));
        let paid = if discount == 3 {
            // Terms that let a lot go at a tenth or a fifth off the mark: more than a quarter of what most lots free.
            (header.max_discount, header.penalty) = (128, 128);
            row.band = Price(row.mark.get().unsigned_abs());
            fill.fee = Total::ZERO;
            Total(mark.saturating_mul(fill.quantity.get().into()) / (5 * (1 + u128::from(part))))
        } else {
            // At worse prices than the discount, for what was the penalty.
            header.max_discount = discount as u16;
            let paid = Total(fill.fee.get() / (1 + u128::from(part)));
            fill.fee.0 -= paid.get();
            paid
        };
        fill.cost = match fill.side {
            Side::Sell => fill.cost.saturating_sub(paid),
            Side::Buy => fill.cost.saturating_add(paid),
        };
    } else {
        // More of it, or less, at the mark and for nothing.
        let lots = random.below(2 * fill.quantity.get().min(1 << 40) + 4);
        fill.quantity = Lots(lots);
        fill.cost = Total(mark.saturating_mul(lots.into()));
        fill.fee = Total::ZERO;
    }
}

fn deleverages(unit: &UnitWitness) -> bool {
    matches!(unit.mode, Mode::Deleveraging(_))
}

/// Changes one side of a deleveraging; mostly its unit by itself stays valid.
fn spoil_deleveraging(w: &mut BatchWitness, random: &mut Random) {
    let rows = &w.context.table.rows;
    let mut units: Vec<_> = w.units.iter_mut().filter(|unit| deleverages(unit)).collect();
    let at = random.below(units.len() as u64) as usize;
    let unit = &mut units[at];
    let last = unit.places.len() - 1;
    let fill = &mut unit.places[last].fill;
    match random.below(5) {
        // Nobody who must shed anything is left.
        0 => units
            .iter_mut()
            .for_each(|u| u.mode = Mode::Deleveraging(Party::Counterparty)),
        1 => {
            unit.mode = Mode::Deleveraging(match unit.mode {
                Mode::Deleveraging(Party::Insolvent) => Party::Counterparty,
                _ => Party::Insolvent,
            });
        }
        2 if fill.quantity > Lots(1) => {
            let mark = rows[usize::from(fill.row)].mark.get() as u128;
            fill.quantity.0 -= 1;
            fill.cost = Total(fill.cost.get().wrapping_sub(mark));
        }
        3 => fill.fee.0 += 1,
        _ => *fill = Fill::default(),
    }
}

fn spoil_unit(w: &mut UnitWitness, case: u64, random: &mut Random) {
    match case {
        0..=29 => spoil_account(w, case, random),
        30..=63 => spoil_place(w, case, random),
        64 => w.new_switches.transfers = !w.new_switches.transfers,
        65 => w.before.switches.transfers = !w.before.switches.transfers,
        _ => spoil_trigger(w, case, random),
    }
}

fn spoil_account(w: &mut UnitWitness, case: u64, random: &mut Random) {
    let row = random.below(5) as usize;
    match case {
        0 => w.index.0 ^= 1,
        1..=4 => w.mode = MODES[random.below(MODES.len() as u64) as usize],
        5 => w.deposit = Amount(random.word()),
        6 => w.before.cash.0 += 1,
        7 => w.before.cash.0 = -w.before.cash.get(),
        8 => w.before.positions[row].0 += 1,
        9 => w.before.nonce += 1,
        10 => w.before.min_id = InstructionId(random.word()),
        11 => w.before.orders_root += Fr::one(),
        12 => w.before.view_key += Fr::one(),
        13 => w.path[random.below(8) as usize][random.below(8) as usize] += Fr::one(),
        14 => w.preimage.x += Fr::one(),
        15 | 16 => w.margin = margin(random),
        17 => w.before.key.x = -w.before.key.x,
        18 => w.incoming = Amount(w.incoming.get().wrapping_add(1)),
        19 => w.incoming = Amount(random.word()),
        20 => w.requested = Amount(w.requested.get().wrapping_add(1)),
        21 => w.requested = Amount(random.word()),
        22 => w.paid = Amount(w.paid.get().wrapping_add(1)),
        23 => w.paid = Amount(w.paid.get().wrapping_sub(1)),
        24 => w.paid = Amount::ZERO,
        25 => {
            let up = random.below(3);
            w.paid = Amount(w.paid.get().wrapping_add(up));
            w.requested = Amount(w.requested.get().wrapping_add(up));
        }
        26 => w.new_key.x += Fr::one(),
        27 => w.new_view_key += Fr::one(),
        28 => {
            (w.new_key, w.preimage) = (
                Key {
                    x: Fr::zero(),
                    y: Fr::one(),
                },
                Key {
                    x: Fr::zero(),
                    y: Fr::one(),
                },
            )
        }
        _ => w.deposit = Amount(w.deposit.get().wrapping_add(1)),
    }
}

fn spoil_trigger(w: &mut UnitWitness, case: u64, random: &mut Random) {
    let at = random.below(w.places.len() as u64) as usize;
    let instruction = &mut w.places[at].signed.instruction;
    match case {
        66 => instruction.flags ^= flags::TRIGGER_ABOVE,
        67 => instruction.flags ^= flags::TRIGGER_BELOW,
        68 => instruction.trigger = Price(random.word()),
        _ => instruction.id.0 ^= 1 << (31 + random.below(33)),
    }
}

fn spoil_place(w: &mut UnitWitness, case: u64, random: &mut Random) {
    let at = random.below(w.places.len() as u64) as usize;
    let place = &mut w.places[at];
    let instruction = &mut place.signed.instruction;
    match case {
        30 => instruction.kind = InstructionKind::None,
        31 => instruction.kind = InstructionKind::Order,
        32 => instruction.kind = InstructionKind::Cancel,
        33 => instruction.kind = InstructionKind::CancelAll,
        34 => instruction.kind = InstructionKind::Withdrawal,
        35 => instruction.kind = InstructionKind::Transfer,
        36 => instruction.id.0 ^= 1 << random.below(20),
        37 => instruction.instrument_id.0 += 1,
        38 => instruction.side = instruction.side.opposite(),
        39 => instruction.flags ^= 1,
        40 => instruction.limit = random.word(),
        41 => instruction.quantity ^= 1,
        42 => instruction.expiry = random.below(1 << 48),
        43 => instruction.max_fee = Price::ZERO,
        44 => place.fill.row = random.below(32) as u8,
        45 => place.fill.quantity = Lots(random.below(40)),
        46 => place.fill.quantity = place.fill.quantity.saturating_add(Lots(1)),
        47 => place.fill.quantity = Lots(place.fill.quantity.get().wrapping_sub(1)),
        48 | 49 => place.fill.cost.0 = place.fill.cost.0.wrapping_add(1),
        50 => place.fill.cost = Total(u128::from(random.word())),
        51 => place.fill.fee.0 = place.fill.fee.0.wrapping_add(1),
        52 => place.fill.fee = Total(u128::from(random.word())),
        53 | 54 => place.fill.side = place.fill.side.opposite(),
        55 => place.path[random.below(3) as usize][random.below(8) as usize] += Fr::one(),
        56 => place.signed.signature.challenge ^= 1 << random.below(128),
        57 => place.signed.signature.response[random.below(31) as usize] ^= 1,
        58 => instruction.group.0 += 1,
        59 => place.fill.quantity = Lots(u64::MAX),
        60 => place.fill.cost = Total(place.fill.cost.get().wrapping_sub(1)),
        61 => place.fill = Fill::default(),
        62 => place.fill.row ^= 1,
        _ => {
            // A fair fill at the mark of a row, whatever it is of.
            place.fill.quantity = place.fill.quantity.saturating_add(Lots(1));
            place.fill.cost.0 += 60_000_000;
        }
    }
}
