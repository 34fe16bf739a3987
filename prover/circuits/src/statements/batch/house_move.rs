//! What a batch does to the house (B-HOUSE and what it names).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{CASH_BITS, DEFICIT_BITS, FEE_POOL_BITS, INSTRUMENTS, OPEN_INTEREST_BITS};
use cloister_ledger::BatchWitness;

use super::{
    context::Context,
    doors::Doors,
    house::{HousePositions, HouseWires},
    margin::enforce_house_margin,
    record::house_record,
    risk::Table,
    unit::UnitOutput,
};
use crate::{
    gadgets::{
        bits::{alloc_bits, pack, range, signed_range},
        choice::select,
        inner::Paired,
        num::{enforce_product, Num},
    },
    Fr,
};

/// What the statement takes from the house.
pub struct HouseOutput {
    pub old_commitment: Num,
    pub new_commitment: Num,
    pub sweep: Num,
    pub doors: Doors,
    pub empty_mask: Num,
    pub record: Vec<Num>,
}

/// The sum of one number over all units.
fn over(units: &[UnitOutput], number: impl Fn(&UnitOutput) -> &Num) -> Num {
    Num::total(units.iter().map(number))
}

/// Moves the house by what the units left.
pub fn synthesize_house<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    units: &[UnitOutput],
    witness: Option<&BatchWitness>,
) -> Result<HouseOutput, SynthesisError> {
    let table = &context.table;
    let mut cs = cs.namespace(|| "B-HOUSE");
    let old = HouseWires::alloc(&mut cs, witness.map(|w| &w.house))?;
    let sweep = Num::alloc(&mut cs, || "sweep", witness.map(|w| Fr::from(w.sweep.get())))?;

    let doors = Doors::alloc(&mut cs, witness)?;

    let fee_pool = &old.fee_pool + &over(units, |u| &u.order_fees) - &sweep;
    // The public payout cannot be more than the fees that were taken.
    range(&mut cs, "fee pool is not negative", &fee_pool, FEE_POOL_BITS)?;
    let changes: Vec<Num> = (0..INSTRUMENTS)
        .map(|j| over(units, |u| &u.position_changes[j]))
        .collect();
    let positions = conserve_positions(&mut cs, table, &old.positions, &changes)?;
    check_growth(&mut cs, &old.positions, &positions, units)?;
    check_stale(&mut cs, table, units);

    let then = old.positions.assess(&mut cs.namespace(|| "before"), table)?;
    let now = positions.assess(&mut cs.namespace(|| "after"), table)?;
    let left = over(units, |u| &u.deposit) - over(units, |u| &u.withdrawal) - &sweep + &doors.paid_in
        - &doors.paid_out
        - over(units, |u| &u.cash_change)
        - &fee_pool
        + &old.fee_pool;
    let gain = &now.value - &then.value;
    let insurance = conserve_cash(&mut cs, table, &old.insurance, &left, &changes, &gain)?;

    // What was paid in is there before anything moves: it is no room to take over more risk with.
    let equity = [&old.insurance + &then.value + &doors.paid_in, &insurance + &now.value];
    {
        // The house cannot be drained by trades: it loses no more than what it took over was short of, and keeps the
        // penalties.
        let mut cs = cs.namespace(|| "B-HOUSE-EQUITY");
        let due = over(units, |u| &u.taken_equity) + over(units, |u| &u.penalties) - &doors.paid_out;
        let kept = &equity[1] - &equity[0] - due;
        range(&mut cs, "falls by takeovers only", &kept, DEFICIT_BITS)?;
    }
    let choice = witness.map(|w| w.house_margin);
    let (then, now) = ((&then, &equity[0]), (&now, &equity[1]));
    enforce_house_margin(&mut cs, table, then, now, &doors.pays, choice)?;
    doors.enforce(&mut cs, table, now, witness)?;
    let mask = witness.map(|w| w.empty_mask);
    let (open_interest, empty_mask) = move_open_interest(&mut cs, &old, &positions, units, mask)?;

    let new = HouseWires {
        // B-HOUSE-KEY: a key of the prover's choice would be known to nobody else, and nobody else could prove the next
        // batch.
        key: old.key.clone(),
        nonce: old.nonce.clone().add_constant(Fr::one()),
        insurance,
        fee_pool,
        positions,
        open_interest,
    };
    Ok(HouseOutput {
        old_commitment: old.commitment(&mut cs, "old commitment")?,
        new_commitment: new.commitment(&mut cs, "new commitment")?,
        record: house_record(&mut cs, &new, &context.stream_salt)?,
        sweep,
        doors,
        empty_mask,
    })
}

/// B-CONSERVE-Q: for every lot bought one was sold, by an account or by the house. In an expired row lots are settled
/// for money instead, and the house's are settled in every batch.
fn conserve_positions<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    old: &HousePositions,
    changes: &[Num],
) -> Result<HousePositions, SynthesisError> {
    let mut cs = cs.namespace(|| "B-CONSERVE-Q");
    let mut positions = Vec::with_capacity(INSTRUMENTS);
    for (j, (q, change)) in old.q.iter().zip(changes).enumerate() {
        let mut cs = cs.namespace(|| format!("row {j}"));
        // A row that lists nothing has no mark at which anything could change hands. Where the feed is dead two owners
        // may agree on a price; the house cannot, and would be bought out at a mark that is no longer true (B-STALE).
        let still = table.empty[j].num() + table.stale[j].num();
        let name = "the house stands still in an empty or a stale row";
        enforce_product(&mut cs, || name, &still, change, &Num::zero());
        let going_on = table.expired[j].not();
        positions.push(going_on.num().mul(&mut cs, || "position", &(q - change))?);
    }
    HousePositions::new(&mut cs, positions)
}

/// B-HOUSE-GROWTH: `min(H_j, 0) - S_j <= H_j' <= max(H_j, 0) + L_j`; of the two only the one on the side of `H_j'` can
/// fail.
fn check_growth<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    old: &HousePositions,
    new: &HousePositions,
    units: &[UnitOutput],
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-HOUSE-GROWTH");
    for j in 0..INSTRUMENTS {
        let mut cs = cs.namespace(|| format!("row {j}"));
        let long = &old.longs[j] + &over(units, |u| &u.shed_longs[j]) - &new.q[j];
        let short = old.short(j) + over(units, |u| &u.shed_shorts[j]) + &new.q[j];
        let room = select(&mut cs, || "room", &new.signs[j], &long, &short)?;
        // Otherwise a sequencer could trade for the house and leave it with risk that nobody shed.
        range(&mut cs, "grows by what was shed only", &room, OPEN_INTEREST_BITS)?;
    }
    Ok(())
}

/// B-STALE: nothing is shed where the feed is dead, so no takeover takes lots there. Shed lots are sizes, so their sum
/// over the units is zero only if all of them are.
fn check_stale<CS: ConstraintSystem<Fr>>(cs: &mut CS, table: &Table, units: &[UnitOutput]) {
    let mut cs = cs.namespace(|| "B-STALE");
    for (j, stale) in table.stale.iter().enumerate() {
        let shed = over(units, |u| &u.shed_longs[j]) + over(units, |u| &u.shed_shorts[j]);
        // The house would take what nobody can price.
        enforce_product(
            &mut cs,
            || format!("row {j} sheds nothing"),
            stale.num(),
            &shed,
            &Num::zero(),
        );
    }
}

/// B-CONSERVE-CASH: what the accounts did not get and the chain did not pay out belongs to the insurance. So no
/// money can be made: all that accounts gain is paid by other accounts, by deposits or by the house.
///
/// `left` is the money that is left over, `changes` are those of the accounts' positions, `gain` is that of the value
/// of the house's. In a row that has not expired `Σ Δq_j + ΔH_j` is zero, so the settled value is summed over all rows.
fn conserve_cash<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    old: &Num,
    left: &Num,
    changes: &[Num],
    gain: &Num,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-CONSERVE-CASH");
    let changes = Paired::new(&mut cs, "changes", changes.to_vec())?;
    let settled = changes.inner(&mut cs, "value of the changes", &table.value)? + gain;
    let insurance = old + left - &settled;
    signed_range(&mut cs, "insurance in range", &insurance, CASH_BITS)?;
    Ok(insurance)
}

/// `o_j' = o_j + Σ Δ|q_j|`, and the mask of rows proven empty.
fn move_open_interest<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    old: &HouseWires,
    positions: &HousePositions,
    units: &[UnitOutput],
    empty_mask: Option<u32>,
) -> Result<(Vec<Num>, Num), SynthesisError> {
    let mut cs = cs.namespace(|| "open interest");
    let mask = alloc_bits(
        &mut cs,
        "empty mask",
        empty_mask.map(|m| Fr::from(u64::from(m))),
        INSTRUMENTS,
    )?;
    let mut moved = Vec::with_capacity(INSTRUMENTS);
    for (j, (o, empty)) in old.open_interest.iter().zip(&mask).enumerate() {
        let mut cs = cs.namespace(|| format!("row {j}"));
        // `|q| = 2·max(q, 0) - q`.
        let change = &over(units, |u| &u.long_changes[j]) * 2 - over(units, |u| &u.position_changes[j]);
        let new = o + &change;
        range(&mut cs, "in range", &new, OPEN_INTEREST_BITS)?;
        // The chain relists an empty row under another instrument; a position left in it would change its meaning. Both
        // terms are sizes, so their sum is zero only if both are.
        let held = &positions.longs[j] + &positions.short(j);
        enforce_product(&mut cs, || "claimed empty", empty.num(), &(&new + &held), &Num::zero());
        moved.push(new);
    }
    Ok((moved, pack(&mask)))
}
