//! One fill (B-FILL): of an order, of a liquidation, of an expiry, or none. One gadget serves all of them: the kind of
//! the fill chooses which bounds are asked.

mod bounds;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{COST_BITS, INSTRUMENTS, POSITION_BITS, QUANTITY_BITS},
    field::from_u128,
};
use cloister_ledger::{Kind, Mode, PlaceWitness};

use self::bounds::{check_fee, check_instrument, check_price, check_size};
use super::{instruction::InstructionWires, modes::Modes, risk::Table};
use crate::{
    gadgets::{
        bits::{alloc_ranged, is_nonnegative, range, signed_range},
        boolean::{one_hot, Bit},
        inner::Paired,
        num::{choose, enforce_product, Num},
    },
    Fr,
};

/// What a fill is of; at most one.
pub struct FillKind {
    order: Bit,
    liquidation: Bit,
    expiry: Bit,
    any: Bit,
}

impl FillKind {
    /// B-UNIT: a fill without an order is for liquidation and expiry only. In any other mode nobody would have agreed to it.
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        order: &Bit,
        witness: Option<(Mode, &PlaceWitness)>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-UNIT");
        let closing = |mode| matches!(mode, Mode::Liquidation | Mode::Expiry);
        let filled = |p: &PlaceWitness| p.signed.instruction.kind == Kind::None && p.fill.quantity != 0;
        let value = witness.map(|(mode, place)| closing(mode) && filled(place));
        let unsigned = Bit::alloc(&mut cs, || "unsigned fill", value)?;
        let elsewhere = Num::one() - modes.liquidation.num() - modes.expiry.num();
        let name = || "unsigned fill only in liquidation and expiry";
        enforce_product(&mut cs, name, unsigned.num(), &elsewhere, &Num::zero());
        let liquidation = unsigned.and(&mut cs, "fill of a liquidation", &modes.liquidation)?;
        Ok(Self {
            // The other mode it can be.
            expiry: Bit::trusted(unsigned.num() - liquidation.num()),
            // An order is in mode normal, so both are never one.
            any: Bit::trusted(order.num() + unsigned.num()),
            order: order.clone(),
            liquidation,
        })
    }
}

/// A fill's numbers, all zero without a fill, and the row it is in.
pub struct FillWires {
    kind: FillKind,
    /// Lots, `f`.
    pub quantity: Num,
    /// Cost, `n`.
    cost: Num,
    fee: Num,
    choice: Vec<Bit>,
    chosen: Paired,
}

impl FillWires {
    /// Allocates the fill of one place.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        order: &Bit,
        witness: Option<(Mode, &PlaceWitness)>,
    ) -> Result<Self, SynthesisError> {
        let kind = FillKind::alloc(cs, modes, order, witness)?;
        let mut cs = cs.namespace(|| "B-FILL");
        let fill = witness.map(|(_, place)| place.fill);
        let quantity = Num::alloc(&mut cs, || "quantity", fill.map(|f| Fr::from(f.quantity)))?;
        // At least one lot: an order with an empty fill would only burn the trader's fee allowance and slot.
        range(
            &mut cs,
            "at least one lot",
            &(&quantity - kind.any.num()),
            QUANTITY_BITS,
        )?;
        let (cost, _) = alloc_ranged(&mut cs, "cost", fill.map(|f| from_u128(f.cost)), COST_BITS)?;
        let (fee, _) = alloc_ranged(&mut cs, "fee", fill.map(|f| from_u128(f.fee)), COST_BITS)?;
        // None of the three is negative and their sum is far below the order of the field: it is zero only if all are.
        let all = Num::total([&quantity, &cost, &fee]);
        enforce_product(
            &mut cs,
            || "nothing without a fill",
            kind.any.not().num(),
            &all,
            &Num::zero(),
        );
        let row = fill.map(|f| f.row.into());
        let choice = one_hot(&mut cs.namespace(|| "B-INSTRUMENT"), "row", &kind.any, row, INSTRUMENTS)?;
        Ok(Self {
            kind,
            quantity,
            cost,
            fee,
            chosen: Paired::one_hot(&choice),
            choice,
        })
    }

    /// A column of the risk table at the chosen row, zero without a fill.
    fn of<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        column: &Paired,
    ) -> Result<Num, SynthesisError> {
        self.chosen.inner(cs, name, column)
    }

    /// What a liquidation's step leaves of the row's chunk; zero in other modes (B-LIQUIDATION).
    pub fn left_of_chunk<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, table: &Table) -> Result<Num, SynthesisError> {
        let mut cs = cs.namespace(|| "B-LIQUIDATION");
        let chunk = self.of(&mut cs, "chunk", &table.chunk)?;
        let left = &chunk - &self.quantity;
        self.kind.liquidation.num().mul(&mut cs, || "left of the chunk", &left)
    }

    /// The number at the chosen row, zero at the others.
    fn spread<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        x: &Num,
    ) -> Result<Vec<Num>, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        self.choice
            .iter()
            .enumerate()
            .map(|(j, bit)| bit.num().mul(&mut cs, || format!("row {j}"), x))
            .collect()
    }
}

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

/// A position with `max(q, 0)`.
struct Split {
    q: Num,
    long: Num,
}

impl Split {
    /// Of a new position, which is bound to its width.
    fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, name: &'static str, q: Num) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let bits = signed_range(&mut cs, "range", &q, POSITION_BITS)?;
        let long = is_nonnegative(&bits).num().mul(&mut cs, || "long side", &q)?;
        Ok(Self { q, long })
    }

    /// `|q|`.
    fn size(&self) -> Num {
        &self.long * 2 - &self.q
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
}

/// Checks the fill of one place against the positions before it.
pub fn synthesize_fill<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    held: &Held<'_>,
) -> Result<FillOutput, SynthesisError> {
    let close_only = check_instrument(cs, table, instruction, fill)?;
    let sign = Num::one() - instruction.sell.num() * 2;
    let price = check_price(cs, table, instruction, fill)?;

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
    check_size(cs, table, instruction, fill, &close_only, &sign, [&before, &after])?;

    let longs = &after.long - &before.long;
    let floor = {
        let mut cs = cs.namespace(|| "floor");
        let both = fill.of(&mut cs, "of both sides", &table.floor_both)?;
        let short = fill.of(&mut cs, "of shorts", &table.floor_short)?;
        longs.mul(&mut cs, || "long side", &both)? - change.mul(&mut cs, || "change", &short)?
    };
    let order_fee = check_fee(cs, table, instruction, fill, &sign, &price, &floor)?;
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
    })
}
