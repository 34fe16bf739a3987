//! One fill (B-FILL): of an order, of a liquidation, of an expiry, of deleveraging, or none. One gadget serves all of
//! them: the kind of the fill chooses which bounds are asked.

mod bounds;
mod wires;

use bellman::{ConstraintSystem, SynthesisError};

pub use self::wires::FillWires;
use self::{
    bounds::{check_fee, check_instrument, check_price, check_size, check_worst_price, Liquidated},
    wires::Split,
};
use super::{instruction::InstructionWires, risk::Table};
use crate::{
    gadgets::{
        boolean::Bit,
        choice::{choose, select},
        inner::Paired,
        num::{enforce_product, Num},
    },
    Fr,
};

/// The positions a fill finds, with what is known of them.
pub enum Held<'a> {
    /// Those of the account before the unit, with their long sides.
    Paired(&'a Paired, &'a Paired),
    /// Those an earlier place left.
    Plain(&'a [Num], &'a [Num]),
}

impl Held<'_> {
    fn at<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, fill: &FillWires) -> Result<Split, SynthesisError> {
        let mut cs = cs.namespace(|| "held");
        let (q, long) = match self {
            Self::Paired(positions, longs) => (
                fill.of(&mut cs, "position", positions)?,
                fill.of(&mut cs, "long side", longs)?,
            ),
            Self::Plain(positions, longs) => (
                choose(&mut cs, "position", &fill.choice, positions)?,
                choose(&mut cs, "long side", &fill.choice, longs)?,
            ),
        };
        Ok(Split { q, long })
    }
}

/// What a fill changes.
pub struct FillOutput {
    /// Subtracted from cash.
    pub paid: Num,
    /// Part of `paid` that goes to the fee pool.
    pub order_fee: Num,
    /// Part of `paid` that stays with the insurance: the fee of a liquidation.
    pub penalty: Num,
    /// Added to `q_j`.
    pub positions: Vec<Num>,
    /// Added to `max(q_j, 0)`.
    pub longs: Vec<Num>,
    /// Added to the account's floor.
    pub floor: Num,
    /// The row's mark, zero without a fill.
    pub mark: Num,
    /// What the price costs the account, measured from the mark.
    pub concession: Num,
    /// What one lot of the closed side requires alone, in a liquidation; otherwise zero.
    pub lone_lot: Num,
}

/// What one lot of the side that a liquidation closes requires alone (B-NEED).
fn lone_lot<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    fill: &FillWires,
    sell: &Bit,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-NEED");
    let long = fill.of(&mut cs, "one long lot", &table.lone_long)?;
    let short = fill.of(&mut cs, "one short lot", &table.lone_short)?;
    let lot = select(&mut cs, || "one lot of the closed side", sell, &long, &short)?;
    fill.kind
        .liquidation
        .num()
        .mul(&mut cs, || "one lot of a liquidation", &lot)
}

/// Checks the fill of one place against the positions before it.
pub fn synthesize_fill<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    held: &Held<'_>,
) -> Result<FillOutput, SynthesisError> {
    let only_reduces = check_instrument(cs, table, instruction, fill)?;
    let sign = Num::one() - instruction.sell.num() * 2;
    let price = check_price(cs, table, fill, &sign)?;

    let before = held.at(cs, fill)?;
    let change = sign.mul(cs, || "change of the position", &fill.quantity)?;
    let after = {
        let mut cs = cs.namespace(|| "B-RANGE");
        Split::new(&mut cs, "position after", &before.q + &change)?
    };
    // With at least one lot filled, only the other side and the whole size leave nothing.
    enforce_product(
        &mut cs.namespace(|| "B-EXPIRY"),
        || "whole position",
        fill.kind.expiry.num(),
        &after.q,
        &Num::zero(),
    );
    check_size(cs, table, instruction, fill, &only_reduces, &sign, [&before, &after])?;

    let longs = &after.long - &before.long;
    let floor = {
        let mut cs = cs.namespace(|| "floor");
        let both = fill.of(&mut cs, "of both sides", &table.floor_both)?;
        let short = fill.of(&mut cs, "of shorts", &table.floor_short)?;
        longs.mul(&mut cs, || "long side", &both)? - change.mul(&mut cs, || "change", &short)?
    };
    let grown = &longs * 2 - &change;
    let basis = grown.mul(cs, || "basis at the mark", &price.mark)? + &floor;
    let liquidated = Liquidated::new(cs, fill, &basis, &price)?;
    check_worst_price(cs, table, instruction, fill, &liquidated)?;
    let order_fee = check_fee(cs, table, instruction, fill, &liquidated)?;
    let lone_lot = lone_lot(cs, table, fill, &instruction.sell)?;
    let funding = fill.of(cs, "funding", &table.funding)?;
    let settled = fill.quantity.mul(cs, || "settled funding", &funding)?;
    let net = sign.mul(cs, || "net cost", &(&fill.cost - &settled))?;
    Ok(FillOutput {
        paid: &net + &fill.fee,
        penalty: &fill.fee - &order_fee,
        order_fee,
        positions: fill.spread(cs, "position changes", &change)?,
        longs: fill.spread(cs, "long changes", &longs)?,
        floor,
        mark: price.mark,
        concession: price.concession,
        lone_lot,
    })
}
