//! Spoiling a valid batch witness in one place; the result may still be valid (the tests only demand that native code and
//! circuit agree), but mostly is not.

use super::Random;
use crate::{
    batch::BatchWitness,
    instruction::{Kind, Side},
    unit::{Mode, UnitWitness},
};
use cloister_crypto::Fr;
use cloister_risk::{MarginChoice, Status};

/// What was spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoil {
    /// Unit, or none for the batch.
    pub unit: Option<usize>,
    /// Case number.
    pub case: u64,
}

const UNIT_CASES: u64 = 40;
const BATCH_CASES: u64 = 10;

/// Changes one thing of a witness.
pub fn spoil(witness: &mut BatchWitness, random: &mut Random) -> Spoil {
    if random.once_in(6) {
        let case = random.below(BATCH_CASES);
        spoil_batch(witness, case, random);
        return Spoil { unit: None, case };
    }
    let at = random.below(witness.units.len() as u64) as usize;
    let case = random.below(UNIT_CASES);
    spoil_unit(&mut witness.units[at], case, random);
    Spoil { unit: Some(at), case }
}

fn spoil_batch(w: &mut BatchWitness, case: u64, random: &mut Random) {
    let row = random.below(5) as usize;
    match case {
        0 => w.sweep = w.sweep.wrapping_add(random.word()),
        1 => w.empty_mask = random.word() as u32,
        2 => w.house.insurance += 1,
        3 => w.house.positions[row] = 1,
        4 => w.house.open_interest[row] = random.below(4),
        5 => w.context.time += random.below(2_000_000_000),
        6 => w.context.table.rows[row].status = Status::Expired,
        7 => w.context.table.rows[row].limit = random.below(10),
        8 => w.old_root += Fr::one(),
        _ => w.context.table.header.initial = 4095,
    }
}

#[allow(clippy::too_many_lines)]
fn spoil_unit(w: &mut UnitWitness, case: u64, random: &mut Random) {
    let last = w.places.len() - 1;
    let row = random.below(5) as usize;
    match case {
        0 => w.index ^= 1,
        1 => w.mode = Mode::Open,
        2 => w.mode = Mode::Normal,
        3 => w.mode = Mode::Padding,
        4 => w.deposit = random.word(),
        5 => w.before.cash += 1,
        6 => w.before.cash = -w.before.cash,
        7 => w.before.positions[row] += 1,
        8 => w.before.nonce += 1,
        9 => w.before.min_id = random.word(),
        10 => w.before.orders_root += Fr::one(),
        11 => w.before.view_key += Fr::one(),
        12 => w.path[random.below(8) as usize][random.below(8) as usize] += Fr::one(),
        13 => w.preimage.x += Fr::one(),
        14 => {
            w.margin = MarginChoice {
                initial: random.once_in(2),
                threshold: random.below(16) as u8,
            }
        }
        15 => w.before.key.x = -w.before.key.x,
        16 => w.places[last].signed.instruction.kind = Kind::None,
        17 => w.places[last].signed.instruction.kind = Kind::Order,
        18 => w.places[last].signed.instruction.kind = Kind::Cancel,
        19 => w.places[last].signed.instruction.kind = Kind::CancelAll,
        20 => w.places[last].signed.instruction.kind = Kind::Withdrawal,
        21 => w.places[last].signed.instruction.id ^= 1 << random.below(20),
        22 => w.places[last].signed.instruction.instrument_id += 1,
        23 => w.places[last].signed.instruction.side = Side::Sell,
        24 => w.places[last].signed.instruction.flags ^= 1,
        25 => w.places[last].signed.instruction.limit = random.word(),
        26 => w.places[last].signed.instruction.quantity ^= 1,
        27 => w.places[last].signed.instruction.expiry = random.below(1 << 48),
        28 => w.places[last].signed.instruction.max_fee = 0,
        29 => w.places[last].fill.row = random.below(32) as u8,
        30 => w.places[last].fill.quantity = random.below(40),
        31 => w.places[last].fill.cost += 1,
        32 => w.places[last].fill.cost = u128::from(random.word()),
        33 => w.places[last].fill.fee += 1,
        34 => w.places[last].fill.fee = u128::from(random.word()),
        35 => w.places[last].path[random.below(3) as usize][random.below(8) as usize] += Fr::one(),
        36 => w.places[last].signed.signature.challenge ^= 1 << random.below(128),
        37 => w.places[last].signed.signature.response[random.below(31) as usize] ^= 1,
        38 => w.places[last].signed.instruction.group += 1,
        _ => w.places[last].fill.quantity = u64::MAX,
    }
}
