//! Order slots (S-SLOT, B-SLOT): an instruction is used at most once, an order is never filled beyond its quantity.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{
    FILLED_BITS, FILLED_MAX, ID_BITS, ORDER_SLOT_BITS, ORDER_TREE_DEPTH, QUANTITY_BITS, TREE_ARITY,
};
use cloister_ledger::{slot::slot_number, tree::digit, InstructionKind, OrderTree, PlaceWitness};

use super::instruction::InstructionWires;
use crate::{
    gadgets::{
        bits::{alloc_ranged, concatenate, power_of_two, range},
        boolean::Bit,
        choice::{enforce_equal_if, select},
        num::{enforce_product, Num},
        tree::update,
    },
    Fr,
};

/// What a place did to its slot.
pub struct SlotOutput {
    /// The new slot value for the record; 0 for an empty place.
    pub recorded: Num,
    /// Root of the order tree after the place.
    pub orders_root: Num,
    /// How much of the id was filled before the place.
    pub filled_before: Num,
}

/// The slot's path and value as the circuit sees them. An empty place opens slot 0 of an empty tree, whose path holds
/// together by itself.
struct Opened {
    path: [[Fr; TREE_ARITY]; ORDER_TREE_DEPTH],
    value: Fr,
}

impl Opened {
    fn new(place: &PlaceWitness) -> Self {
        let instruction = &place.signed.instruction;
        if instruction.kind == InstructionKind::None {
            return Self {
                path: OrderTree::default().path(0),
                value: Fr::zero(),
            };
        }
        let number = u32::from(slot_number(instruction.id));
        Self {
            path: place.path,
            value: place.path[0][digit(number, 0)],
        }
    }

    /// `bits` bits of the value from bit `from` on.
    fn field(&self, from: usize, bits: usize) -> Fr {
        let bytes = self.value.to_bytes();
        (from..from + bits).rev().fold(Fr::zero(), |x, i| {
            x.double() + Fr::from(u64::from(bytes[i / 8] >> (i % 8) & 1))
        })
    }
}

/// Reads the old slot: `sid·2^44 + sfilled`, `id >= sid`, `filled = sfilled if id = sid else 0`.
fn filled_before<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    id: &Num,
    slot_id: &Num,
    slot_filled: &Num,
) -> Result<Num, SynthesisError> {
    // A slot only ever moves to higher ids, so an order pushed out of its slot can never come back empty.
    range(cs, "slot holds no higher id", &(id - slot_id), ID_BITS)?;
    let same = Bit::is_zero(cs, "slot holds this id", &(id - slot_id))?;
    same.num().mul(cs, || "filled before", slot_filled)
}

/// What the kinds do with the filled amount.
fn filled_after<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    instruction: &InstructionWires,
    fill: &Num,
    left_of_chunk: &Num,
    before: &Num,
) -> Result<Num, SynthesisError> {
    let total = instruction.order.num().mul(cs, || "filled after", &(before + fill))?;
    let quantity = instruction
        .order
        .num()
        .mul(cs, || "quantity of an order", &instruction.quantity)?;
    // An order that is used up holds FILLED_MAX, which is above every quantity. Where there is no order, the bits bound
    // the step of a liquidation.
    let left = &quantity - &total + left_of_chunk;
    range(cs, "fill within the quantity or the chunk", &left, QUANTITY_BITS)?;
    // A withdrawal or transfer that could run twice would pay twice for one signature.
    enforce_product(
        cs,
        || "payment not used before",
        &instruction.payment(),
        before,
        &Num::zero(),
    );
    Ok(total + instruction.order.not().num().scale(Fr::from(FILLED_MAX)))
}

/// B-SLOT for one place. `fill` is the place's `f`, which counts for an order only; `left_of_chunk` is zero but in a
/// liquidation.
pub fn synthesize_slot<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    instruction: &InstructionWires,
    fill: &Num,
    left_of_chunk: &Num,
    orders_root: &Num,
    place: Option<&PlaceWitness>,
) -> Result<SlotOutput, SynthesisError> {
    let mut cs = cs.namespace(|| "B-SLOT");
    let opened = place.map(Opened::new);
    let (slot_filled, _) = alloc_ranged(
        &mut cs,
        "slot filled",
        opened.as_ref().map(|o| o.field(0, FILLED_BITS)),
        FILLED_BITS,
    )?;
    // `id - sid` is bound to 64 bits below, so `sid` is a whole number of at most 65 bits with its sign; with the
    // filled amount in its width the slot's value has no other reading.
    let id_value = opened.as_ref().map(|o| o.field(FILLED_BITS, ID_BITS));
    let slot_id = Num::alloc(&mut cs, || "slot id", id_value)?;
    let before = filled_before(&mut cs, &instruction.id, &slot_id, &slot_filled)?;
    let after = filled_after(&mut cs, instruction, fill, left_of_chunk, &before)?;

    let old = concatenate([(&slot_filled, FILLED_BITS), (&slot_id, ID_BITS)]);
    let new = after + &instruction.id.scale(power_of_two(FILLED_BITS));
    let path: Vec<_> = (0..ORDER_TREE_DEPTH)
        .map(|l| opened.as_ref().map(|o| o.path[l]))
        .collect();
    let roots = update(
        &mut cs,
        "order tree",
        &instruction.id_bits[..ORDER_SLOT_BITS],
        &path,
        &old,
        &new,
    )?;
    // The slot must be the account's own, not one of a tree the prover made up.
    enforce_equal_if(
        &mut cs,
        || "slot opens the order tree",
        &instruction.active,
        &roots.old_root,
        orders_root,
    );
    Ok(SlotOutput {
        recorded: instruction.active.num().mul(&mut cs, || "recorded slot", &new)?,
        orders_root: select(
            &mut cs,
            || "new order tree",
            &instruction.active,
            &roots.new_root,
            orders_root,
        )?,
        filled_before: before,
    })
}
