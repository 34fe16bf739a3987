//! One place of a unit: an instruction (B-NORMAL), an unsigned fill, or nothing.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::INSTRUMENTS;
use cloister_ledger::{Mode, PlaceWitness};

use super::{
    account::AccountWires,
    context::Context,
    entry::Entry,
    fill::{synthesize_fill, FillWires, Held},
    forced::Forced,
    instruction::{synthesize_instruction, Account, Last},
    keys::Keys,
    modes::Modes,
    need::Traded,
    slot::synthesize_slot,
    trigger::check_trigger,
};
use crate::{
    gadgets::{boolean::Bit, choice::select, num::Num},
    Fr,
};

/// A transfer to the account of the next unit.
pub struct Transfer {
    /// The unit holds one.
    pub there: Bit,
    /// Index of the receiver, as signed; anything without a transfer.
    pub receiver: Num,
    /// Amount, zero without a transfer.
    pub amount: Num,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            there: Bit::constant(false),
            receiver: Num::zero(),
            amount: Num::zero(),
        }
    }
}

/// What the places change, one after the other.
pub struct Running<'a> {
    entry: &'a Entry,
    keys: &'a Keys,
    forced: &'a Forced,
    pub account: AccountWires,
    /// `max(q_j, 0)`.
    longs: Vec<Num>,
    pub floor_change: Num,
    /// What the margin rules ask of the fills.
    pub traded: Traded,
    pub order_fees: Num,
    pub withdrawal: Num,
    pub transfer: Transfer,
    /// The unit has a withdrawal or a transfer.
    pub payment: Num,
    pub position_changes: Vec<Num>,
    pub long_changes: Vec<Num>,
    pub slots: Vec<Num>,
    /// The last place's hash: where the unit shows its keys, the commitment to the view key.
    pub hash: Num,
}

impl<'a> Running<'a> {
    /// Before the first place; the account still has its old keys, which sign.
    pub fn new(old: &AccountWires, entry: &'a Entry, keys: &'a Keys, forced: &'a Forced) -> Self {
        Self {
            entry,
            keys,
            forced,
            account: AccountWires {
                cash: entry.cash.clone(),
                ..old.clone()
            },
            longs: entry.longs.nums().to_vec(),
            floor_change: Num::zero(),
            traded: Traded::default(),
            order_fees: Num::zero(),
            withdrawal: Num::zero(),
            transfer: Transfer::default(),
            payment: Num::zero(),
            position_changes: vec![Num::zero(); INSTRUMENTS],
            long_changes: vec![Num::zero(); INSTRUMENTS],
            slots: Vec::new(),
            hash: Num::zero(),
        }
    }
}

/// Runs one place on the account as the earlier ones left it.
pub fn synthesize_place<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    modes: &Modes,
    index: &Num,
    last: bool,
    running: &mut Running<'_>,
    witness: Option<(Mode, &PlaceWitness)>,
) -> Result<(), SynthesisError> {
    let place = witness.map(|(_, place)| place);
    let account = &mut running.account;
    let checked = Account {
        key: &account.key,
        index,
        min_id: &account.min_id,
        ext: &account.ext,
        normal: &modes.normal,
    };
    let shows_keys = modes.shows_keys();
    let only_last = last.then_some(Last {
        shows_keys: &shows_keys,
        view_key: &running.keys.view_key,
        not_paid: &running.forced.not_paid,
    });
    let (instruction, hash) = synthesize_instruction(cs, context, &checked, only_last.as_ref(), place)?;
    let fill = FillWires::alloc(cs, modes, &instruction.order, witness)?;
    let left_of_chunk = fill.left_of_chunk(cs, &context.table)?;
    let root = &account.orders_root;
    let slot = synthesize_slot(cs, &instruction, &fill.quantity, &left_of_chunk, root, place)?;
    let held = if running.slots.is_empty() {
        Held::Paired(&running.entry.positions, &running.entry.longs)
    } else {
        Held::Plain(&account.positions, &running.longs)
    };
    let filled = synthesize_fill(cs, &context.table, &instruction, &fill, &held)?;
    check_trigger(cs, &instruction, &slot.filled_before, &filled.mark)?;

    let withdrawn = instruction
        .withdrawal
        .num()
        .mul(cs, || "withdrawn amount", &instruction.limit)?;
    let sent = instruction
        .transfer
        .num()
        .mul(cs, || "transferred amount", &instruction.limit)?;
    account.min_id = select(
        cs,
        || "new min id",
        &instruction.cancel_all,
        &instruction.id,
        &account.min_id,
    )?;
    account.orders_root = slot.orders_root;
    account.cash = &account.cash - &filled.paid - &withdrawn - &sent;
    for j in 0..INSTRUMENTS {
        account.positions[j] += &filled.positions[j];
        running.longs[j] += &filled.longs[j];
        running.position_changes[j] += &filled.positions[j];
        running.long_changes[j] += &filled.longs[j];
    }
    running.floor_change += &filled.floor;
    running.traded.concession += &filled.concession;
    running.traded.lone_lots += &filled.lone_lot;
    running.order_fees += &filled.order_fee;
    running.traded.penalties += &filled.penalty;
    // Only the last place can hold a payment, so the last one's is the unit's.
    running.payment = instruction.payment();
    running.withdrawal = withdrawn;
    running.transfer = Transfer {
        there: instruction.transfer,
        receiver: instruction.quantity,
        amount: sent,
    };
    running.hash = hash;
    running.slots.push(slot.recorded);
    Ok(())
}
