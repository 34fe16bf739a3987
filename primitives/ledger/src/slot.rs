//! Order slots: which ids are used and how far they are filled (S-SLOT).

use crate::packing::power_of_two;
use cloister_crypto::{
    constants::{FILLED_BITS, FILLED_MAX, ORDER_SLOT_BITS},
    field::to_u128,
    Fr,
};
use cloister_types::{InstructionId, Lots};
use codec::{Decode, Encode};

/// Contents of one order slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Slot {
    /// Highest id seen in the slot.
    pub id: InstructionId,
    /// Lots of it that are filled; [`FILLED_MAX`] if the id is used up.
    pub filled: Lots,
}

/// The slot number of an order id.
pub fn slot_number(id: InstructionId) -> u16 {
    (id.get() & ((1 << ORDER_SLOT_BITS) - 1)) as u16
}

impl Slot {
    /// `id·2^44 + filled`.
    pub fn to_field(self) -> Fr {
        Fr::from(self.id.get()) * power_of_two(FILLED_BITS) + Fr::from(self.filled.get())
    }

    /// Inverse of [`Self::to_field`]; `None` if the element is not a slot value.
    pub fn from_field(x: &Fr) -> Option<Self> {
        let raw = to_u128(x)?;
        let id = u64::try_from(raw >> FILLED_BITS).ok()?;
        let filled = u64::try_from(raw & u128::from(FILLED_MAX)).ok()?;
        Some(Self {
            id: InstructionId(id),
            filled: Lots(filled),
        })
    }
}
