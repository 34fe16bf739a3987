//! Signed instructions (S-INSTRUCTION, B-NORMAL, B-SIG, B-ALIVE).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{
    domain, AMOUNT_BITS, FLAG_BITS, GROUP_BITS, ID_BITS, ID_WINDOW_BITS, INDEX_BITS, INSTRUMENT_ID_BITS, KIND_BITS,
    MAX_FEE_BITS, QUANTITY_BITS, TIME_BITS,
};
use cloister_ledger::{Instruction, InstructionKind, PlaceWitness, Side};

use super::context::Context;
use crate::{
    gadgets::{
        bits::{alloc_bits, alloc_ranged, concatenate, pack, power_of_two, range},
        boolean::Bit,
        jubjub::Point,
        num::{enforce_equal, enforce_product, Num},
        poseidon2::{sponge, sponge_of_two},
        schnorr::{enforce_if, SignatureWitness},
    },
    Fr,
};

/// The instruction of a place, signed, alive, and bound to the account.
pub struct InstructionWires {
    /// An instruction of any kind is there.
    pub active: Bit,
    pub order: Bit,
    pub cancel_all: Bit,
    pub withdrawal: Bit,
    pub transfer: Bit,
    pub id: Num,
    pub id_bits: Vec<Bit>,
    pub instrument_id: Num,
    pub sell: Bit,
    pub reduce_only: Bit,
    /// Fills once the mark has been at `trigger` or above; or at it or below.
    pub fires_above: Bit,
    pub fires_below: Bit,
    /// Bound to its width by [`super::trigger::check_trigger`].
    pub trigger: Num,
    pub limit: Num,
    pub quantity: Num,
    pub max_fee: Num,
}

impl InstructionWires {
    /// Money leaves the account: a withdrawal or a transfer.
    pub fn payment(&self) -> Num {
        self.withdrawal.num() + self.transfer.num()
    }
}

/// What the instruction is checked against.
pub struct Account<'a> {
    pub key: &'a Point,
    pub index: &'a Num,
    pub min_id: &'a Num,
    /// The account's flags.
    pub ext: &'a Num,
    /// The unit is in mode normal.
    pub normal: &'a Bit,
}

/// What only the last place of a unit does.
pub struct Last<'a> {
    /// The unit shows its keys, so it has no instruction.
    pub shows_keys: &'a Bit,
    /// The view key it shows then.
    pub view_key: &'a Num,
    /// What a forced withdrawal does not pay, zero in other modes; bound to its width here.
    pub not_paid: &'a Num,
}

/// What the circuit sees of a place without an instruction, whatever its witness says: the side of an unsigned fill.
fn visible(place: &PlaceWitness) -> Instruction {
    match place.signed.instruction.kind {
        InstructionKind::None => Instruction {
            side: place.fill.side,
            ..Instruction::default()
        },
        _ => place.signed.instruction.clone(),
    }
}

/// The fields of an instruction, and what is made of them.
struct Fields {
    wires: InstructionWires,
    expiry: Num,
    /// The signed message. In the last place of a unit that shows its keys, the commitment to the view key instead.
    hash: Num,
}

/// The wires, the signed message and the expiry.
fn alloc_fields<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    account: &Account<'_>,
    last: Option<&Last<'_>>,
    w: Option<&Instruction>,
) -> Result<Fields, SynthesisError> {
    let mut cs = cs.namespace(|| "S-INSTRUCTION");

    let mut kind = |name, kind| Bit::alloc(&mut cs, || name, w.map(|w| w.kind == kind));
    let order = kind("order", InstructionKind::Order)?;
    let cancel = kind("cancel", InstructionKind::Cancel)?;
    let cancel_all = kind("cancel-all", InstructionKind::CancelAll)?;
    let withdrawal = kind("withdrawal", InstructionKind::Withdrawal)?;
    let transfer = kind("transfer", InstructionKind::Transfer)?;
    // With two kinds at once one signature could, say, both trade and withdraw.
    let active = Bit::from_sum(
        &mut cs,
        "at most one kind",
        &[&order, &cancel, &cancel_all, &withdrawal, &transfer],
    );
    // The margin rule is asked in mode normal only.
    let outside = account.normal.not();
    enforce_product(
        &mut cs,
        || "only in mode normal",
        active.num(),
        outside.num(),
        &Num::zero(),
    );
    if last.is_none() {
        // A later order could undo what the payment was measured against, and the record has room for one amount.
        let payment = withdrawal.num() + transfer.num();
        let name = || "withdrawal or transfer only in the last place";
        enforce_equal(&mut cs, name, &payment, &Num::zero());
    } else {
        // Otherwise a thief of the trading key could send the money to an account of their own.
        let off = Num::one() - account.ext;
        enforce_product(
            &mut cs.namespace(|| "B-TRANSFER"),
            || "the owner allows it",
            transfer.num(),
            &off,
            &Num::zero(),
        );
    }

    // Every field is bound to its width: the words below are sums, and a field that is too wide would spill into its
    // neighbours, so that one signature covered two meanings.
    let (id, id_bits) = alloc_ranged(&mut cs, "id", w.map(|w| Fr::from(w.id.get())), ID_BITS)?;
    let instrument_value = w.map(|w| Fr::from(u64::from(w.instrument_id.get())));
    let (instrument_id, _) = alloc_ranged(&mut cs, "instrument id", instrument_value, INSTRUMENT_ID_BITS)?;
    let sell = Bit::alloc(&mut cs, || "sell", w.map(|w| w.side == Side::Sell))?;
    let flags = alloc_bits(&mut cs, "flags", w.map(|w| Fr::from(u64::from(w.flags))), FLAG_BITS)?;
    let trigger = Num::alloc(&mut cs, || "trigger", w.map(|w| Fr::from(w.trigger.get())))?;
    let (limit, _) = alloc_ranged(&mut cs, "limit", w.map(|w| Fr::from(w.limit)), AMOUNT_BITS)?;
    let (quantity, _) = alloc_ranged(&mut cs, "quantity", w.map(|w| Fr::from(w.quantity)), QUANTITY_BITS)?;
    let (expiry, _) = alloc_ranged(&mut cs, "expiry", w.map(|w| Fr::from(w.expiry)), TIME_BITS)?;
    let (max_fee, _) = alloc_ranged(&mut cs, "max fee", w.map(|w| Fr::from(w.max_fee.get())), MAX_FEE_BITS)?;

    let kind = Num::sum([
        (Fr::from(InstructionKind::Order as u64), order.num()),
        (Fr::from(InstructionKind::Cancel as u64), cancel.num()),
        (Fr::from(InstructionKind::CancelAll as u64), cancel_all.num()),
        (Fr::from(InstructionKind::Withdrawal as u64), withdrawal.num()),
        (Fr::from(InstructionKind::Transfer as u64), transfer.num()),
    ]);
    // Group, index and genesis are those of this batch and unit: a signature for another chain, group or account does
    // not verify.
    let a = concatenate([
        (&kind, KIND_BITS),
        (&context.group, GROUP_BITS),
        (account.index, INDEX_BITS),
        (&id, ID_BITS),
        (&instrument_id, INSTRUMENT_ID_BITS),
        (sell.num(), 1),
        (&pack(&flags), FLAG_BITS),
        (&trigger, AMOUNT_BITS),
    ]);
    let b = concatenate([
        (&limit, AMOUNT_BITS),
        (&quantity, QUANTITY_BITS),
        (&expiry, TIME_BITS),
        (&max_fee, MAX_FEE_BITS),
    ]);
    let genesis = [context.genesis_lo.clone(), context.genesis_hi.clone()];
    let hash = match last {
        None => {
            let [lo, hi] = genesis;
            sponge(&mut cs, "message", domain::INSTRUCTION, &[lo, hi, a, b])?
        }
        // Where keys are shown nothing is signed, so one permutation serves both.
        Some(last) => {
            // The commitment names chain and group as the message does.
            sponge_of_two(
                &mut cs,
                "view commitment or message",
                last.shows_keys,
                &genesis,
                (domain::VIEW, &[context.group.clone(), last.view_key.clone()]),
                (domain::INSTRUCTION, &[a, b]),
            )?
        }
    };
    let wires = InstructionWires {
        active,
        order,
        cancel_all,
        withdrawal,
        transfer,
        id,
        id_bits,
        instrument_id,
        sell,
        reduce_only: flags[0].clone(),
        fires_above: flags[4].clone(),
        fires_below: flags[5].clone(),
        trigger,
        limit,
        quantity,
        max_fee,
    };
    Ok(Fields { wires, expiry, hash })
}

/// Allocates the instruction of one place and checks B-SIG and B-ALIVE. Also returns the hash of the message or, in the
/// last place of a unit that shows its keys, the commitment to the view key.
pub fn synthesize_instruction<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    account: &Account<'_>,
    last: Option<&Last<'_>>,
    place: Option<&PlaceWitness>,
) -> Result<(InstructionWires, Num), SynthesisError> {
    let witness = place.map(visible);
    let Fields { wires, expiry, hash } = alloc_fields(cs, context, account, last, witness.as_ref())?;

    // B-SIG: nobody but the holder of the trading key can move the account.
    let signature = place.map(|p| SignatureWitness {
        challenge: p.signed.signature.challenge,
        response: p.signed.signature.response,
    });
    enforce_if(cs, "B-SIG", &wires.active, account.key, &hash, signature)?;

    // B-ALIVE: what was cancelled by a cancel-all, or has expired, cannot be used by a late sequencer.
    let mut cs = cs.namespace(|| "B-ALIVE");
    let above = wires
        .active
        .num()
        .mul(&mut cs, || "id above the minimum", &(&wires.id - account.min_id))?;
    // An id far above would leave no higher ones. With both ids in 64 bits the difference has no other reading.
    match last {
        None => range(&mut cs, "id not below the minimum", &above, ID_WINDOW_BITS)?,
        Some(last) => {
            // Where there is no instruction, the bits bound what a forced withdrawal leaves of the amount requested
            // (B-FORCED). That needs all of them, so the difference is moved up: it is a whole number of 65 bits with
            // its sign, and what was moved in range was in range before.
            let moved = above.scale(power_of_two(AMOUNT_BITS - ID_WINDOW_BITS));
            range(
                &mut cs,
                "id not below the minimum, or not more paid than requested",
                &(moved + last.not_paid),
                AMOUNT_BITS,
            )?
        }
    };
    let left = wires
        .active
        .num()
        .mul(&mut cs, || "time left", &(&expiry - &context.time))?;
    range(&mut cs, "not expired", &left, TIME_BITS)?;
    Ok((wires, hash))
}
