//! One unit (B-UNIT): one account, one mode, up to J places.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{ACCOUNT_TREE_DEPTH, AMOUNT_BITS, CASH_BITS, INDEX_BITS, INSTRUMENTS};
use cloister_ledger::UnitWitness;

use super::{
    account::AccountWires,
    assessment::Assessment,
    close::{closes, leaf_after},
    context::Context,
    deleverage::Deleveraged,
    entry::Entry,
    forced::Forced,
    keys::Keys,
    margin::Margin,
    modes::Modes,
    place::{synthesize_place, Running, Transfer},
    record::{unit_record, Public},
    switches::Switches,
};
use crate::{
    gadgets::{
        bits::{alloc_ranged, signed_range},
        boolean::Bit,
        inner::Paired,
        num::{enforce_equal, enforce_product, Num},
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
    /// Account index.
    pub index: Num,
    /// Amount of the transfer in the unit before.
    pub incoming: Num,
    /// The transfer of this unit.
    pub transfer: Transfer,
    /// Change of cash: deposit, withdrawal and transfers included.
    pub cash_change: Num,
    /// Fees of orders.
    pub order_fees: Num,
    /// Fees of liquidations.
    pub penalties: Num,
    /// Deposit credited.
    pub deposit: Num,
    /// Amount paid to the owner.
    pub withdrawal: Num,
    /// Equity of an account that was taken over, otherwise zero.
    pub taken_equity: Num,
    /// Changes of `q_j`.
    pub position_changes: Vec<Num>,
    /// Changes of `max(q_j, 0)`.
    pub long_changes: Vec<Num>,
    /// Long lots shed by a liquidation or takeover.
    pub shed_longs: Vec<Num>,
    /// Short lots shed by a liquidation or takeover.
    pub shed_shorts: Vec<Num>,
    /// What deleveraging changes.
    pub deleveraged: Deleveraged,
}

/// Each number where the bit is one, otherwise zero.
fn where_one<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    bit: &Bit,
    nums: &[Num],
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    nums.iter()
        .enumerate()
        .map(|(j, x)| bit.num().mul(&mut cs, || format!("row {j}"), x))
        .collect()
}

/// What a takeover takes, all zero in other modes (B-TAKEOVER).
struct Taken {
    cash: Num,
    positions: Vec<Num>,
    longs: Vec<Num>,
}

impl Taken {
    fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, takeover: &Bit, entry: &Entry) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-TAKEOVER");
        Ok(Self {
            cash: takeover.num().mul(&mut cs, || "cash", &entry.cash)?,
            positions: where_one(&mut cs, "positions", takeover, entry.positions.nums())?,
            longs: where_one(&mut cs, "long sides", takeover, entry.longs.nums())?,
        })
    }
}

/// Synthesises a unit that moves the account root from `root`.
pub fn synthesize_unit<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    places: usize,
    root: &Num,
    unit: Option<&UnitWitness>,
) -> Result<UnitOutput, SynthesisError> {
    let modes = Modes::alloc(cs, unit.map(|u| u.mode))?;
    let (index, index_bits) = alloc_ranged(
        cs,
        "index",
        unit.map(|u| Fr::from(u64::from(u.index.get()))),
        INDEX_BITS,
    )?;
    let (old, signs) = AccountWires::alloc(cs, unit.map(|u| &u.before))?;
    old.enforce_fresh_if(&mut cs.namespace(|| "B-OPEN"), &modes.open);
    let keys = Keys::alloc(cs, &modes, &old, unit)?;
    let switches = Switches::alloc(cs, &modes, &old, unit)?;

    // B-DEPOSIT: credited first, so that it counts in "before" and no rule of margin can refuse a deposit alone.
    let deposit_value = unit.map(|u| Fr::from(u.deposit.get()));
    let (deposit, _) = alloc_ranged(&mut cs.namespace(|| "B-DEPOSIT"), "deposit", deposit_value, AMOUNT_BITS)?;
    // Equal to the amount that the unit before sends (B-TRANSFER), which is in its width.
    let incoming = Num::alloc(cs, || "incoming transfer", unit.map(|u| Fr::from(u.incoming.get())))?;
    let entry = Entry::new(cs, context, &old, &signs, &(&deposit + &incoming))?;
    let forced = Forced::alloc(cs, &modes, unit)?;
    let closes = closes(cs, &modes, &entry, &incoming)?;

    let mut running = Running::new(&old, &entry, &keys, &forced);
    for number in 0..places {
        let place = unit
            .map(|u| u.places.get(number).ok_or(SynthesisError::AssignmentMissing))
            .transpose()?;
        let witness = unit.map(|u| u.mode).zip(place);
        let last = number + 1 == places;
        let mut cs = cs.namespace(|| format!("place {number}"));
        synthesize_place(&mut cs, context, &modes, &index, last, &mut running, witness)?;
    }
    let cash = &running.account.cash - &forced.paid;
    let taken_equity = check_margin(cs, context, &modes, &forced, &entry, &running, &cash, unit)?;
    let taken = Taken::new(cs, &modes.takeover, &entry)?;
    let sheds = Sheds::new(cs, &modes, &running, &taken)?;
    let deleveraged = Deleveraged::new(cs, &modes, &running.position_changes, &running.long_changes)?;

    let mut new = AccountWires {
        key: keys.key.clone(),
        view_key: keys.view_key.clone(),
        // B-NONCE: a fresh nonce makes a fresh leaf and a fresh keystream.
        nonce: running.account.nonce.clone().add_constant(Fr::one()),
        cash: &cash - &taken.cash,
        ext: switches.ext().clone(),
        ..running.account
    };
    let mut position_changes = running.position_changes;
    let mut long_changes = running.long_changes;
    for j in 0..INSTRUMENTS {
        new.positions[j] -= &taken.positions[j];
        position_changes[j] -= &taken.positions[j];
        long_changes[j] -= &taken.longs[j];
    }
    // B-RANGE: cash that wrapped around the field would turn a debt into riches.
    signed_range(&mut cs.namespace(|| "B-RANGE"), "new cash", &new.cash, CASH_BITS)?;

    let new_leaf = new.leaf(cs, "new leaf")?;
    let new_leaf = leaf_after(cs, &closes, &new_leaf)?;
    let new_root = open_tree(cs, &modes.open, &index_bits, &old, &new_leaf, root, unit)?;
    let withdrawal = &running.withdrawal + &forced.paid;
    let public = Public {
        index: &index,
        kind: &modes.record_kind(),
        deposit: &deposit,
        withdrawal: &withdrawal,
        // In its own mode each, zero in the others.
        asked: &(&forced.requested + &switches.shown),
        new_leaf: &new_leaf,
        shows_keys: &modes.shows_keys(),
        view_commitment: &running.hash,
    };
    Ok(UnitOutput {
        root: new_root,
        record: unit_record(cs, &public, &new, &context.stream_salt, &running.slots)?,
        index: index.clone(),
        incoming,
        transfer: running.transfer,
        cash_change: &new.cash - &old.cash,
        order_fees: running.order_fees,
        penalties: running.traded.penalties,
        deposit,
        withdrawal,
        taken_equity,
        position_changes,
        long_changes,
        shed_longs: sheds.longs,
        shed_shorts: sheds.shorts,
        deleveraged,
    })
}

/// The margin rule of the unit's mode; returns the equity of an account taken over.
#[allow(clippy::too_many_arguments)]
fn check_margin<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    modes: &Modes,
    forced: &Forced,
    entry: &Entry,
    running: &Running<'_>,
    cash: &Num,
    unit: Option<&UnitWitness>,
) -> Result<Num, SynthesisError> {
    let table = &context.table;
    let (then, now) = {
        let mut cs = cs.namespace(|| "B-MARGIN");
        let then = Assessment::new(&mut cs, "before", table, &entry.positions, entry.floor.clone())?;
        let positions = Paired::new(&mut cs, "positions after", running.account.positions.clone())?;
        let floor = &entry.floor + &running.floor_change;
        (then, Assessment::new(&mut cs, "after", table, &positions, floor)?)
    };
    let [before, after] = [&entry.cash + &then.value, cash + &now.value];
    let margin = Margin {
        modes,
        forced,
        payment: &running.payment,
        before: (&then, &before),
        after: (&now, &after),
        traded: &running.traded,
    };
    margin.enforce(cs, table, unit)
}

/// What a liquidation or takeover sheds: only so far may the house grow (B-HOUSE-GROWTH).
struct Sheds {
    longs: Vec<Num>,
    shorts: Vec<Num>,
}

impl Sheds {
    /// The fills of a liquidation only reduce, so what they change is shed; a takeover sheds all.
    fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        running: &Running<'_>,
        taken: &Taken,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "shed");
        let changes = |j: usize| &running.long_changes[j] - &running.position_changes[j];
        let shorts: Vec<Num> = (0..INSTRUMENTS).map(changes).collect();
        let longs = where_one(&mut cs, "long lots", &modes.liquidation, &running.long_changes)?;
        let shorts = where_one(&mut cs, "short lots", &modes.liquidation, &shorts)?;
        let taken_shorts = taken.longs.iter().zip(&taken.positions).map(|(long, q)| long - q);
        Ok(Self {
            longs: longs.iter().zip(&taken.longs).map(|(x, t)| t - x).collect(),
            shorts: shorts.iter().zip(taken_shorts).map(|(x, t)| t - x).collect(),
        })
    }
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

/// B-TRANSFER: what a unit sends arrives in the next one, at the account that was signed, and nothing else does. Units
/// are synthesised one by one without the values of others, so this is the only place where they meet.
pub fn join_transfers<CS: ConstraintSystem<Fr>>(cs: &mut CS, units: &[UnitOutput]) {
    let mut cs = cs.namespace(|| "B-TRANSFER");
    let none = Transfer::default();
    let before = std::iter::once(&none).chain(units.iter().map(|unit| &unit.transfer));
    for (number, (sent, unit)) in before.zip(units).enumerate() {
        let mut cs = cs.namespace(|| format!("unit {number}"));
        // More than was sent would be money from nothing, less would be lost.
        enforce_equal(&mut cs, || "incoming is what was sent", &unit.incoming, &sent.amount);
        enforce_product(
            &mut cs,
            || "at the signed account",
            sent.there.num(),
            &(&sent.receiver - &unit.index),
            &Num::zero(),
        );
    }
    if let Some(unit) = units.last() {
        // It would arrive nowhere.
        enforce_equal(
            &mut cs,
            || "none in the last unit",
            unit.transfer.there.num(),
            &Num::zero(),
        );
    }
}
