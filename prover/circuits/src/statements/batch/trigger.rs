//! Orders that wait for a mark (B-TRIGGER).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::TRIGGER_BITS;

use super::instruction::InstructionWires;
use crate::{
    gadgets::{
        bits::range,
        boolean::Bit,
        num::{enforce_product, Num},
    },
    Fr,
};

/// B-TRIGGER for one place: `filled_before` is what its slot says of the id, `mark` the one of the row that is filled.
pub fn check_trigger<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    instruction: &InstructionWires,
    filled_before: &Num,
    mark: &Num,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-TRIGGER");
    let InstructionWires {
        order,
        trigger,
        fires_above,
        fires_below,
        ..
    } = instruction;
    // Two directions would fill at any mark. Of anything but an order nobody asks whether it waits.
    let directed = fires_above.num() + fires_below.num();
    enforce_product(
        &mut cs,
        || "one direction, and only of an order",
        &(order.num() - &directed),
        &directed,
        &Num::zero(),
    );
    // A client that forgets the direction has signed nothing, instead of an order that fills at once.
    let undirected = Num::one() - &directed;
    enforce_product(
        &mut cs,
        || "no trigger without a direction",
        &undirected,
        trigger,
        &Num::zero(),
    );
    // What has begun to fill goes on: the mark was there once.
    let fresh = Bit::is_zero(&mut cs, "nothing filled before", filled_before)?;
    let waits = directed.mul(&mut cs, || "waits", fresh.num())?;
    let direction = fires_above.num() - fires_below.num();
    let passed = direction.mul(&mut cs, || "passed by", &(mark - trigger))?;
    // Either way the trigger is a number of at most 66 bits with its sign, and it is the last field of its word: the
    // word has no other reading, so these bits are also those of the trigger's width (S-INSTRUCTION).
    let checked = trigger + &waits.mul(&mut cs, || "checked", &(&passed - trigger))?;
    range(&mut cs, "mark has passed the trigger", &checked, TRIGGER_BITS)?;
    Ok(())
}
