//! One unit (B-UNIT): one account, one mode, up to J places.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, AMOUNT_BITS, CASH_BITS, INDEX_BITS, INSTRUMENTS},
    schnorr::generator_affine,
};
use cloister_ledger::{Mode, PlaceWitness, UnitWitness};

use super::{
    account::AccountWires,
    instruction::{synthesize_instruction, Account},
    margin::{floor, synthesize_margin, Holdings},
    order::{synthesize_order, FillWires},
    record::{unit_record, Public},
    slot::synthesize_slot,
    Context,
};
use crate::{
    gadgets::{
        bits::{alloc_ranged, signed_range},
        boolean::Bit,
        jubjub::Point,
        num::{enforce_equal, enforce_equal_if, enforce_product, select, Num},
        tree::update,
    },
    Fr,
};

/// What the batch takes from a unit.
pub struct UnitOutput {
    /// Account root after.
    pub root: Num,
    /// The public record.
    pub record: Vec<Num>,
    /// Change of cash, deposit and withdrawal included.
    pub cash_change: Num,
    /// Fees taken.
    pub fees: Num,
    /// Deposit credited.
    pub deposit: Num,
    /// Amount paid to the owner.
    pub withdrawal: Num,
    /// Changes of `q_j`.
    pub position_changes: Vec<Num>,
    /// Changes of `max(q_j, 0)`.
    pub long_changes: Vec<Num>,
}

/// The one-hot mode; padding is neither.
struct Modes {
    open: Bit,
    normal: Bit,
}

/// What the places change, one after the other.
struct Running {
    account: AccountWires,
    floor: Num,
    fees: Num,
    withdrawal: Num,
    withdraws: Bit,
    position_changes: Vec<Num>,
    long_changes: Vec<Num>,
    slots: Vec<Num>,
}

/// B-UNIT: the modes are one-hot. An open that is also normal could be charged for orders of an account that has none.
fn alloc_modes<CS: ConstraintSystem<Fr>>(cs: &mut CS, mode: Option<Mode>) -> Result<Modes, SynthesisError> {
    let mut cs = cs.namespace(|| "B-UNIT");
    let open = Bit::alloc(&mut cs, || "mode open", mode.map(|m| m == Mode::Open))?;
    let normal = Bit::alloc(&mut cs, || "mode normal", mode.map(|m| m == Mode::Normal))?;
    enforce_product(&mut cs, || "one mode", open.num(), normal.num(), &Num::zero());
    Ok(Modes { open, normal })
}

/// B-OPEN: a fresh account under a key of the prime-order subgroup.
fn check_open<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    open: &Bit,
    account: &AccountWires,
    unit: Option<&UnitWitness>,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-OPEN");
    account.enforce_fresh_if(&mut cs, open);
    // Outside an open nothing is claimed of P', and the generator keeps the formulas satisfied.
    let preimage = unit.map(|u| match u.mode {
        Mode::Open => (u.preimage.x, u.preimage.y),
        Mode::Normal | Mode::Padding => (generator_affine().get_u(), generator_affine().get_v()),
    });
    let preimage = Point::alloc(&mut cs, "preimage", preimage)?;
    preimage.enforce_on_curve(&mut cs, "preimage on the curve")?;
    // Eight times a point of the curve is in the prime-order subgroup. A key with a small component would make
    // signatures of one message valid for others with the chance of one in its order.
    let cleared = preimage
        .double(&mut cs, "two")?
        .double(&mut cs, "four")?
        .double(&mut cs, "eight")?;
    enforce_equal_if(
        &mut cs,
        || "key x is of eight times the preimage",
        open,
        &account.key.x,
        &cleared.x,
    );
    enforce_equal_if(
        &mut cs,
        || "key y is of eight times the preimage",
        open,
        &account.key.y,
        &cleared.y,
    );
    // In the subgroup only the identity has x = 0; under it anybody could sign.
    let inverse = account.key.x.value().zip(open.value()).map(|(x, open)| {
        let inverse = Option::<Fr>::from(x.invert()).unwrap_or(Fr::zero());
        if open {
            inverse
        } else {
            Fr::zero()
        }
    });
    let inverse = Num::alloc(&mut cs, || "inverse of key x", inverse)?;
    enforce_product(
        &mut cs,
        || "key is not the identity",
        &inverse,
        &account.key.x,
        open.num(),
    );
    Ok(())
}

/// Runs one place on the account as the earlier ones left it (B-NORMAL).
fn synthesize_place<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    modes: &Modes,
    index: &Num,
    last: bool,
    running: &mut Running,
    place: Option<&PlaceWitness>,
) -> Result<(), SynthesisError> {
    let account = &mut running.account;
    let checked = Account {
        key: &account.key,
        index,
        min_id: &account.min_id,
        normal: &modes.normal,
        last,
    };
    let instruction = synthesize_instruction(cs, context, &checked, place)?;
    let fill = FillWires::alloc(cs, &instruction.order, place)?;
    let slot = synthesize_slot(cs, &instruction, &fill.quantity, &account.orders_root, place)?;
    let order = synthesize_order(cs, &context.table, &instruction, fill, &account.positions)?;

    let amount = instruction
        .withdrawal
        .num()
        .mul(cs, || "withdrawn amount", &instruction.limit)?;
    account.min_id = select(
        cs,
        || "new min id",
        &instruction.cancel_all,
        &instruction.id,
        &account.min_id,
    )?;
    account.orders_root = slot.orders_root;
    account.cash = &account.cash - &order.paid - &amount;
    for j in 0..INSTRUMENTS {
        account.positions[j] += &order.positions[j];
        running.position_changes[j] += &order.positions[j];
        running.long_changes[j] += &order.longs[j];
    }
    running.floor += &order.floor;
    running.fees += &order.fee;
    running.withdrawal += &amount;
    // Only the last place can hold a withdrawal, so the last one's bit is the unit's.
    running.withdraws = instruction.withdrawal;
    running.slots.push(slot.recorded);
    Ok(())
}

/// Synthesises a unit that moves the account root from `root`.
pub fn synthesize_unit<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    places: usize,
    root: &Num,
    unit: Option<&UnitWitness>,
) -> Result<UnitOutput, SynthesisError> {
    let modes = alloc_modes(cs, unit.map(|u| u.mode))?;
    let (index, index_bits) = alloc_ranged(cs, "index", unit.map(|u| Fr::from(u64::from(u.index))), INDEX_BITS)?;
    let (old, signs) = AccountWires::alloc(cs, unit.map(|u| &u.before))?;
    check_open(cs, &modes.open, &old, unit)?;

    // B-DEPOSIT: credited first, so that it counts in "before" and a deposit alone can never be refused.
    let deposit_value = unit.map(|u| Fr::from(u.deposit));
    let (deposit, _) = alloc_ranged(&mut cs.namespace(|| "B-DEPOSIT"), "deposit", deposit_value, AMOUNT_BITS)?;
    let entry_cash = &old.cash + &deposit;
    let entry_floor = floor(cs, &context.table, &old.positions, &signs)?;

    let mut running = Running {
        account: AccountWires {
            cash: entry_cash.clone(),
            ..old.clone()
        },
        floor: entry_floor.clone(),
        fees: Num::zero(),
        withdrawal: Num::zero(),
        withdraws: Bit::constant(false),
        position_changes: vec![Num::zero(); INSTRUMENTS],
        long_changes: vec![Num::zero(); INSTRUMENTS],
        slots: Vec::with_capacity(places),
    };
    for number in 0..places {
        let place = unit
            .map(|u| u.places.get(number).ok_or(SynthesisError::AssignmentMissing))
            .transpose()?;
        let mut cs = cs.namespace(|| format!("place {number}"));
        synthesize_place(
            &mut cs,
            context,
            &modes,
            &index,
            number + 1 == places,
            &mut running,
            place,
        )?;
    }
    let mut new = running.account;
    // B-RANGE: cash that wrapped around the field would turn a debt into riches.
    signed_range(&mut cs.namespace(|| "B-RANGE"), "new cash", &new.cash, CASH_BITS)?;
    let before = Holdings {
        cash: &entry_cash,
        positions: &old.positions,
        floor: &entry_floor,
    };
    let after = Holdings {
        cash: &new.cash,
        positions: &new.positions,
        floor: &running.floor,
    };
    synthesize_margin(
        cs,
        &context.table,
        &modes.normal,
        &running.withdraws,
        &before,
        &after,
        unit.map(|u| u.margin),
    )?;
    // B-NONCE: a fresh nonce makes a fresh leaf and a fresh keystream.
    new.nonce = new.nonce.add_constant(Fr::one());

    let new_leaf = new.leaf(cs, "new leaf")?;
    let new_root = open_tree(cs, &modes.open, &index_bits, &old, &new_leaf, root, unit)?;
    let public = Public {
        index: &index,
        open: &modes.open,
        deposit: &deposit,
        withdrawal: &running.withdrawal,
        new_leaf: &new_leaf,
    };
    Ok(UnitOutput {
        root: new_root,
        record: unit_record(cs, &public, &new, &context.salt, &running.slots)?,
        cash_change: &new.cash - &old.cash,
        fees: running.fees,
        deposit,
        withdrawal: running.withdrawal,
        position_changes: running.position_changes,
        long_changes: running.long_changes,
    })
}

/// B-OPENS: the old leaf (0 in an open) is in the tree at the index, and only it changes. The old leaf is a hash of the
/// whole account, so the account is the one the last update left.
fn open_tree<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    open: &Bit,
    index_bits: &[Bit],
    old: &AccountWires,
    new_leaf: &Num,
    root: &Num,
    unit: Option<&UnitWitness>,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-OPENS");
    let old_leaf = old.leaf(&mut cs, "old leaf")?;
    let present = open.not().num().mul(&mut cs, || "old leaf or 0", &old_leaf)?;
    let path: Vec<_> = (0..ACCOUNT_TREE_DEPTH).map(|l| unit.map(|u| u.path[l])).collect();
    let roots = update(&mut cs, "account tree", index_bits, &path, &present, new_leaf)?;
    enforce_equal(&mut cs, || "old root", &roots.old_root, root);
    Ok(roots.new_root)
}
