//! Identifiers.

use crate::newtype::newtype;
use core::fmt;

newtype! {
    /// A margin group.
    GroupId(u32)
}
newtype! {
    /// The index of an account in its group's account tree.
    AccountIndex(u32)
}

impl AccountIndex {
    /// Stands for a group's house in its queue: one more than any account's index, of which there are 2^24.
    pub const HOUSE: Self = Self(1 << 24);
}

newtype! {
    /// An instrument; never given to another one.
    InstrumentId(u32)
}
newtype! {
    /// The number that a trader gives to an instruction. Instruction `id` takes the order slot `id mod 512`.
    InstructionId(u64)
}
newtype! {
    /// An item of a group's queue.
    ItemId(u64)
}

/// Identifiers are displayed as the bare number.
macro_rules! display_number {
    ($($name:ident),*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }
        )*
    };
}

display_number!(GroupId, AccountIndex, InstrumentId, InstructionId, ItemId);
