//! An order's fill (B-NORMAL): B-INSTRUMENT, B-PRICE, B-BAND, B-FEE, B-REDUCE, B-LIMIT and what it does to the account.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{
        AMOUNT_BITS, COST_BITS, FEE_CAP_BITS, FEE_CAP_ONE, INSTRUMENTS, POSITION_BITS, PRICE_BITS, QUANTITY_BITS,
    },
    field::from_u128,
};
use cloister_ledger::PlaceWitness;
use cloister_risk::table::meta;

use super::{instruction::InstructionWires, risk::Table};
use crate::{
    gadgets::{
        bits::{alloc_ranged, is_nonnegative, pack, range, signed_range},
        boolean::{one_hot, Bit},
        num::{choose, enforce_equal_if, enforce_product, select, Num},
    },
    Fr,
};

/// Bits of `f·limit - n`.
const PRICE_GAIN_BITS: usize = QUANTITY_BITS + AMOUNT_BITS + 1;
/// Bits of `f·band ± (n - f·mark)`.
const BAND_ROOM_BITS: usize = QUANTITY_BITS + PRICE_BITS + 2;
/// Bits of `n·fee_cap`.
const FEE_ROOM_BITS: usize = COST_BITS + FEE_CAP_BITS;

/// Quantity, cost and fee of a fill; all zero unless the place holds an order.
pub struct FillWires {
    /// Lots, `f`.
    pub quantity: Num,
    /// Cost, `n`.
    cost: Num,
    /// Fee.
    fee: Num,
    row: Option<usize>,
}

impl FillWires {
    /// Allocates the fill of one place.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        order: &Bit,
        place: Option<&PlaceWitness>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "fill");
        let fill = place.map(|p| p.fill);
        let quantity = Num::alloc(&mut cs, || "quantity", fill.map(|f| Fr::from(f.quantity)))?;
        // At least one lot: an order with an empty fill would only burn the trader's fee allowance and slot.
        range(
            &mut cs,
            "at least one lot of an order",
            &(&quantity - order.num()),
            QUANTITY_BITS,
        )?;
        let (cost, _) = alloc_ranged(&mut cs, "cost", fill.map(|f| from_u128(f.cost)), COST_BITS)?;
        let (fee, _) = alloc_ranged(&mut cs, "fee", fill.map(|f| from_u128(f.fee)), COST_BITS)?;
        // None of the three is negative and their sum is far below the order of the field: it is zero only if all are.
        let all = Num::total([&quantity, &cost, &fee]);
        enforce_product(
            &mut cs,
            || "only an order can be filled",
            order.not().num(),
            &all,
            &Num::zero(),
        );
        Ok(Self {
            quantity,
            cost,
            fee,
            row: fill.map(|f| f.row.into()),
        })
    }
}

/// The chosen row of the risk table; everything is zero unless the place holds an order.
struct Row {
    choice: Vec<Bit>,
    close_only: Num,
    limit: Num,
    band: Num,
}

/// B-INSTRUMENT: one row, the signed instrument's, and live.
fn choose_row<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    row: Option<usize>,
) -> Result<Row, SynthesisError> {
    let mut cs = cs.namespace(|| "B-INSTRUMENT");
    let choice = one_hot(&mut cs, "row", &instruction.order, row, INSTRUMENTS)?;
    let packed = choose(&mut cs, "meta", &choice, &table.meta())?;
    let bits = range(&mut cs, "meta fields", &packed, meta::BITS)?;
    let id = pack(&bits[..meta::STATUS]);
    // Without it a trader's order for one instrument could be filled with another.
    enforce_equal_if(
        &mut cs,
        || "signed instrument",
        &instruction.order,
        &id,
        &instruction.instrument_id,
    );
    // Trading is 1, close-only 2; empty is 0 and expired 3.
    let [low, high] = [bits[meta::STATUS].num(), bits[meta::STATUS + 1].num()];
    let both = low.mul(&mut cs, || "expired", high)?;
    let dead = Num::one() - low - high + &both * 2;
    enforce_product(
        &mut cs,
        || "trading or close-only",
        instruction.order.num(),
        &dead,
        &Num::zero(),
    );
    Ok(Row {
        choice,
        close_only: high - &both,
        limit: pack(&bits[meta::LIMIT..meta::CHUNK]),
        band: pack(&bits[meta::BAND..meta::BITS]),
    })
}

/// B-PRICE and B-BAND.
fn check_price<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    fill: &FillWires,
    sign: &Num,
    limit: &Num,
    mark: &Num,
    band: &Num,
) -> Result<(), SynthesisError> {
    {
        // Never worse than signed: this is all that protects a trader from the sequencer's prices.
        let mut cs = cs.namespace(|| "B-PRICE");
        let worst = fill.quantity.mul(&mut cs, || "cost at the limit", limit)?;
        let gain = sign.mul(&mut cs, || "signed gain", &(&worst - &fill.cost))?;
        range(&mut cs, "not worse than the limit", &gain, PRICE_GAIN_BITS)?;
    }
    // Near the mark: a trade far off it would shift money between two accounts of one owner, past the margin rule.
    let mut cs = cs.namespace(|| "B-BAND");
    let at_mark = fill.quantity.mul(&mut cs, || "cost at the mark", mark)?;
    let room = fill.quantity.mul(&mut cs, || "room", band)?;
    let distance = &fill.cost - &at_mark;
    range(&mut cs, "not above the band", &(&room - &distance), BAND_ROOM_BITS)?;
    range(&mut cs, "not below the band", &(&room + &distance), BAND_ROOM_BITS)?;
    Ok(())
}

/// B-FEE: neither above what the trader signed nor above the table's cap.
fn check_fee<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    fill: &FillWires,
    max_fee: &Num,
    fee_cap: &Num,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-FEE");
    let signed = fill.quantity.mul(&mut cs, || "signed maximum", max_fee)?;
    range(
        &mut cs,
        "not above the signed maximum",
        &(&signed - &fill.fee),
        COST_BITS,
    )?;
    let cap = fill.cost.mul(&mut cs, || "cap", fee_cap)?;
    range(
        &mut cs,
        "not above the cap",
        &(&cap - &fill.fee.scale(Fr::from(FEE_CAP_ONE))),
        FEE_ROOM_BITS,
    )?;
    Ok(())
}

/// A position with `max(q, 0)`.
struct Split {
    q: Num,
    long: Num,
}

impl Split {
    fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, name: &'static str, q: Num) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let bits = signed_range(&mut cs, "range", &q, POSITION_BITS)?;
        let long = is_nonnegative(&bits).num().mul(&mut cs, || "long side", &q)?;
        Ok(Self { q, long })
    }

    /// `max(-q, 0)`.
    fn short(&self) -> Num {
        &self.long - &self.q
    }

    /// `|q|`.
    fn size(&self) -> Num {
        &self.long + &self.short()
    }
}

/// What a fill changes.
pub struct OrderOutput {
    /// Subtracted from cash.
    pub paid: Num,
    /// Part of `paid` that goes to the fee pool.
    pub fee: Num,
    /// Added to `q_j`.
    pub positions: Vec<Num>,
    /// Added to `max(q_j, 0)`.
    pub longs: Vec<Num>,
    /// Added to the account's floor.
    pub floor: Num,
}

/// Checks the fill of one place against the positions before it.
pub fn synthesize_order<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: FillWires,
    positions: &[Num],
) -> Result<OrderOutput, SynthesisError> {
    let row = choose_row(cs, table, instruction, fill.row)?;
    let sign = Num::one() - instruction.sell.num() * 2;
    let mark = choose(cs, "mark", &row.choice, &table.mark())?;
    check_price(cs, &fill, &sign, &instruction.limit, &mark, &row.band)?;
    check_fee(cs, &fill, &instruction.max_fee, table.fee_cap())?;

    let held = choose(cs, "position", &row.choice, positions)?;
    let change = sign.mul(cs, || "change of the position", &fill.quantity)?;
    let (before, after) = {
        let mut cs = cs.namespace(|| "B-RANGE");
        let after = &held + &change;
        (
            Split::new(&mut cs, "position before", held)?,
            Split::new(&mut cs, "position after", after)?,
        )
    };
    check_reducing(cs, instruction, &row.close_only, &sign, &before, &fill.quantity)?;
    check_limit(cs, &row.limit, &before, &after)?;

    let longs = &after.long - &before.long;
    let shorts = after.short() - before.short();
    let floor = {
        let mut cs = cs.namespace(|| "floor");
        let floor_long = choose(&mut cs, "of a long lot", &row.choice, &table.floor_long())?;
        let floor_short = choose(&mut cs, "of a short lot", &row.choice, &table.floor_short())?;
        longs.mul(&mut cs, || "long", &floor_long)? + shorts.mul(&mut cs, || "short", &floor_short)?
    };
    let funding = choose(cs, "funding", &row.choice, &table.funding())?;
    let settled = fill.quantity.mul(cs, || "settled funding", &funding)?;
    let net = sign.mul(cs, || "net cost", &(&fill.cost - &settled))?;
    Ok(OrderOutput {
        paid: &net + &fill.fee,
        fee: fill.fee,
        positions: spread(cs, "position changes", &row.choice, &change)?,
        longs: spread(cs, "long changes", &row.choice, &longs)?,
        floor,
    })
}

/// The number at the chosen row, zero at the others.
fn spread<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    choice: &[Bit],
    x: &Num,
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    choice
        .iter()
        .enumerate()
        .map(|(j, bit)| bit.num().mul(&mut cs, || format!("row {j}"), x))
        .collect()
}

/// B-REDUCE: a fill that must reduce does not open or turn a position.
fn check_reducing<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    instruction: &InstructionWires,
    close_only: &Num,
    sign: &Num,
    before: &Split,
    quantity: &Num,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-REDUCE");
    let both = instruction
        .reduce_only
        .num()
        .mul(&mut cs, || "flag and close-only", close_only)?;
    let either = instruction.reduce_only.num() + close_only - &both;
    let required = instruction.order.num().mul(&mut cs, || "required", &either)?;
    let reducible = -&sign.mul(&mut cs, || "signed position", &before.q)?;
    let left = required.mul(&mut cs, || "left of the position", &(&reducible - quantity))?;
    range(&mut cs, "fill only reduces", &left, POSITION_BITS)?;
    Ok(())
}

/// B-LIMIT: within the row's limit afterwards, or not larger than before.
fn check_limit<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    limit: &Num,
    before: &Split,
    after: &Split,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-LIMIT");
    let [old_size, new_size] = [before.size(), after.size()];
    // The prover may name either bound.
    let within = new_size
        .value()
        .zip(limit.value())
        .map(|(size, limit)| size.to_bytes().iter().rev().le(limit.to_bytes().iter().rev()));
    let within = Bit::alloc(&mut cs, || "bound is the limit", within)?;
    let bound = select(&mut cs, || "bound", &within, limit, &old_size)?;
    range(&mut cs, "size within the bound", &(&bound - &new_size), POSITION_BITS)?;
    Ok(())
}
