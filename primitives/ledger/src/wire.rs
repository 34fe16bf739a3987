//! Witnesses and statements as bytes: a proof can then be made in another process or on another machine.
//!
//! The bytes are SCALE: integers are little-endian, a list begins with its length, an enum with a tag. A field element
//! is 32 bytes, little-endian (P-FIELD).
//!
//! Reading is strict. It never panics, a list has a maximum length, so what it takes in memory is bounded, and every
//! field element must be canonical. Therefore a value has exactly one encoding: bytes that can be read are the bytes
//! that are written again. Whether the values follow the rules of a statement is not asked here; its `check` does that.

mod request;

use crate::{
    account::{Account, Key, Switches},
    batch::{BatchWitness, Doors},
    context::BatchContext,
    control::{Control, SignedControl},
    exit::{ExitStatement, ExitWitness, FinalValues},
    fill::Fill,
    house::House,
    house_rekey::{HouseRekeyStatement, HouseRekeyWitness},
    instruction::{Instruction, Side, SignedInstruction},
    place::PlaceWitness,
    record::HouseRecord,
    seal::{SealStatement, SealWitness},
    shape::Shape,
    solvency::{Found, SolvencyOutcome, SolvencyShape, SolvencyStatement, SolvencyWitness, Sums, SUBTREE_LEAVES},
    unit::{Mode, Party, UnitWitness},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::TREE_ARITY,
    field::{from_bytes, to_bytes},
    jubjub,
    schnorr::Signature,
    Fr,
};
use cloister_risk::{MarginChoice, RiskTable};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, Lots, Money, PerLot, Position, Total};
use codec::{Compact, Decode, Encode, EncodeLike, Input, Output};

/// Maximum number of units in a batch that can be read; the chain has no shape with more.
pub const MAX_UNITS: u32 = 128;
/// Maximum number of places per unit that can be read; the chain has no shape with more.
pub const MAX_PLACES: u32 = 8;
/// Maximum number of subtrees of a solvency statement that can be read; the chain has no shape with more.
pub const MAX_SUBTREES: u32 = 64;

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end before the value does.
    #[error("the bytes end too early")]
    Truncated,
    /// The encoding of a field element or scalar is not below the order of its field.
    #[error("a field element is not below the order of its field")]
    NonCanonical,
    /// A tag or a length is none that its type has.
    #[error("a tag or a length is none that its type has")]
    Value,
    /// A list is longer than any witness needs.
    #[error("a list has {found} elements, more than the maximum of {max}")]
    TooMany {
        /// Length of the list, as the bytes state it.
        found: u32,
        /// Maximum length.
        max: u32,
    },
}

impl From<WireError> for codec::Error {
    fn from(error: WireError) -> Self {
        Self::from(match error {
            WireError::Truncated => "the bytes end too early",
            WireError::NonCanonical => "a field element is not below the order of its field",
            WireError::Value => "a tag or a length is none that its type has",
            WireError::TooMany { .. } => "a list is longer than its maximum",
        })
    }
}

/// A value that is written to bytes and read back.
///
/// [`Encode`] and [`Decode`] do the same for the types of this crate; here the errors are typed, and types of other
/// crates can take part.
pub trait Wire: Sized {
    /// Writes the value.
    fn write_to<O: Output + ?Sized>(&self, out: &mut O);

    /// Reads a value and leaves what follows it in the input.
    ///
    /// # Errors
    /// [`WireError`], the first thing that is wrong.
    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError>;
}

/// Remembers whether the input ended, which SCALE's own errors do not tell apart from a bad value.
struct Watched<'a, I> {
    input: &'a mut I,
    ended: bool,
}

impl<I: Input> Input for Watched<'_, I> {
    fn remaining_len(&mut self) -> Result<Option<usize>, codec::Error> {
        self.input.remaining_len()
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), codec::Error> {
        self.input.read(into).inspect_err(|_| self.ended = true)
    }
}

/// Reads a value whose type is SCALE already.
fn read_scale<T: Decode, I: Input>(input: &mut I) -> Result<T, WireError> {
    let mut watched = Watched { input, ended: false };
    T::decode(&mut watched).map_err(|_| {
        if watched.ended {
            WireError::Truncated
        } else {
            WireError::Value
        }
    })
}

/// Types that are SCALE already.
macro_rules! scale {
    ($($type:ty),* $(,)?) => {$(
        impl Wire for $type {
            fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
                Encode::encode_to(self, out);
            }

            fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
                read_scale(input)
            }
        }
    )*};
}

scale!(
    u8,
    u32,
    u64,
    u128,
    i64,
    i128,
    Control,
    Instruction,
    Position,
    AccountIndex,
    Amount,
    GroupId,
    InstructionId,
    Lots,
    Money,
    PerLot,
    Total,
    RiskTable,
    Shape,
    Side,
    SolvencyShape,
    Switches,
);

/// SCALE for types of this crate.
macro_rules! encoded {
    ($type:ty) => {
        impl Encode for $type {
            fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
                Wire::write_to(self, out);
            }
        }

        impl EncodeLike for $type {}

        impl Decode for $type {
            fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
                Ok(Wire::read_from(input)?)
            }
        }
    };
}

/// Structs, field by field in the order given. A field that is not listed does not compile.
macro_rules! fields {
    ($($type:ident { $($field:ident),* $(,)? })*) => {$(
        impl Wire for $type {
            fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
                let Self { $($field),* } = self;
                $($field.write_to(out);)*
            }

            fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
                Ok(Self { $($field: Wire::read_from(input)?),* })
            }
        }

        encoded!($type);
    )*};
}

fields! {
    Key { x, y }
    Account { key, view_key, nonce, min_id, cash, orders_root, positions, switches }
    House { key, nonce, insurance, fee_pool, positions, open_interest }
    SignedInstruction { instruction, signature }
    SignedControl { control, signature }
    Fill { side, row, quantity, cost, fee }
    PlaceWitness { signed, fill, path }
    UnitWitness {
        index, mode, deposit, incoming, requested, paid, before, path, new_key, new_view_key, new_switches, preimage,
        places, margin, need,
    }
    BatchContext { genesis, group, batch_no, time, payee, salt, table }
    Doors { paid_in, asked, keep }
    BatchWitness {
        context, old_root, house, sweep, doors, insurance_out, doors_choice, empty_mask, units, house_margin,
    }
    SealStatement { genesis, group, owner, sealing_key, ephemeral, ciphertext, key, view_commitment }
    HouseRecord { ciphertext }
    HouseRekeyStatement { genesis, group, old_house, new_house, sealing_key, ephemeral, ciphertext, record }
    ExitStatement { genesis, group, index, root, final_hash, claim }
    FinalValues { version, risk_hash, values }
    ExitWitness { account, path, values }
    Found { short, debt, live_debt }
    Sums { blinding, found }
    SolvencyOutcome { house, found, surplus }
    SolvencyStatement {
        genesis, group, payee, root, risk_hash, table_version, table_time, first, next, before, after, outcome,
    }
    SolvencyWitness { table, accounts, branches, path, before, blinding, house }
}

impl Wire for Fr {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(&to_bytes(self));
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        from_bytes(&read_bytes(input)?).map_err(|_| WireError::NonCanonical)
    }
}

fn read_bytes<const N: usize, I: Input>(input: &mut I) -> Result<[u8; N], WireError> {
    let mut bytes = [0; N];
    input.read(&mut bytes).map_err(|_| WireError::Truncated)?;
    Ok(bytes)
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        for element in self {
            element.write_to(out);
        }
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        let elements = read_elements(input, N)?;
        // There are N of them.
        elements.try_into().map_err(|_| WireError::Value)
    }
}

fn read_elements<T: Wire, I: Input>(input: &mut I, count: usize) -> Result<Vec<T>, WireError> {
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        elements.push(T::read_from(input)?);
    }
    Ok(elements)
}

/// Lists of at most so many elements.
macro_rules! list {
    ($type:ty, $max:expr) => {
        impl Wire for Vec<$type> {
            fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
                Compact(u32::try_from(self.len()).unwrap_or(u32::MAX)).encode_to(out);
                for element in self {
                    element.write_to(out);
                }
            }

            fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
                let Compact(found) = read_scale::<Compact<u32>, I>(input)?;
                // Before any of it is put into memory.
                if found > $max {
                    return Err(WireError::TooMany { found, max: $max });
                }
                read_elements(input, found as usize)
            }
        }
    };
}

list!(UnitWitness, MAX_UNITS);
list!(PlaceWitness, MAX_PLACES);
list!(Option<Account>, MAX_SUBTREES * SUBTREE_LEAVES as u32);
list!([Fr; TREE_ARITY], MAX_SUBTREES);

impl<T: Wire> Wire for Option<T> {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            None => 0u8.write_to(out),
            Some(value) => {
                1u8.write_to(out);
                value.write_to(out);
            }
        }
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        match u8::read_from(input)? {
            0 => Ok(None),
            1 => Ok(Some(T::read_from(input)?)),
            _ => Err(WireError::Value),
        }
    }
}

impl Wire for Signature {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(&self.to_bytes());
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        Self::from_bytes(&read_bytes(input)?).map_err(|_| WireError::NonCanonical)
    }
}

impl Wire for SealWitness {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            view_key,
            scalar,
            preimage,
        } = self;
        view_key.write_to(out);
        out.write(scalar);
        preimage.write_to(out);
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        Ok(Self {
            view_key: Wire::read_from(input)?,
            scalar: read_scalar(input)?,
            preimage: Wire::read_from(input)?,
        })
    }
}

encoded!(SealWitness);

/// A canonical scalar of Jubjub.
fn read_scalar<I: Input>(input: &mut I) -> Result<[u8; 32], WireError> {
    let scalar = read_bytes(input)?;
    if bool::from(jubjub::Fr::from_bytes(&scalar).is_none()) {
        return Err(WireError::NonCanonical);
    }
    Ok(scalar)
}

impl Wire for HouseRekeyWitness {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self { house, new_key, scalar } = self;
        house.write_to(out);
        new_key.write_to(out);
        out.write(scalar);
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        Ok(Self {
            house: Wire::read_from(input)?,
            new_key: Wire::read_from(input)?,
            scalar: read_scalar(input)?,
        })
    }
}

encoded!(HouseRekeyWitness);

/// Tags of the modes. Deleveraging is followed by the tag of its party.
mod tag {
    pub const OPEN: u8 = 0;
    pub const REKEY: u8 = 1;
    pub const NORMAL: u8 = 2;
    pub const FORCED: u8 = 3;
    pub const LIQUIDATION: u8 = 4;
    pub const EXPIRY: u8 = 5;
    pub const TAKEOVER: u8 = 6;
    pub const PADDING: u8 = 7;
    pub const DELEVERAGING: u8 = 8;
    pub const SWITCH: u8 = 9;
    pub const CLOSE: u8 = 10;

    pub const INSOLVENT: u8 = 0;
    pub const COUNTERPARTY: u8 = 1;
}

impl Wire for Mode {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Open => tag::OPEN.write_to(out),
            Self::Rekey => tag::REKEY.write_to(out),
            Self::Normal => tag::NORMAL.write_to(out),
            Self::Forced => tag::FORCED.write_to(out),
            Self::Liquidation => tag::LIQUIDATION.write_to(out),
            Self::Expiry => tag::EXPIRY.write_to(out),
            Self::Takeover => tag::TAKEOVER.write_to(out),
            Self::Padding => tag::PADDING.write_to(out),
            Self::Switch => tag::SWITCH.write_to(out),
            Self::Close => tag::CLOSE.write_to(out),
            Self::Deleveraging(party) => {
                tag::DELEVERAGING.write_to(out);
                party.write_to(out);
            }
        }
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        Ok(match u8::read_from(input)? {
            tag::OPEN => Self::Open,
            tag::REKEY => Self::Rekey,
            tag::NORMAL => Self::Normal,
            tag::FORCED => Self::Forced,
            tag::LIQUIDATION => Self::Liquidation,
            tag::EXPIRY => Self::Expiry,
            tag::TAKEOVER => Self::Takeover,
            tag::PADDING => Self::Padding,
            tag::DELEVERAGING => Self::Deleveraging(Wire::read_from(input)?),
            tag::SWITCH => Self::Switch,
            tag::CLOSE => Self::Close,
            _ => return Err(WireError::Value),
        })
    }
}

impl Wire for Party {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Insolvent => tag::INSOLVENT.write_to(out),
            Self::Counterparty => tag::COUNTERPARTY.write_to(out),
        }
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        match u8::read_from(input)? {
            tag::INSOLVENT => Ok(Self::Insolvent),
            tag::COUNTERPARTY => Ok(Self::Counterparty),
            _ => Err(WireError::Value),
        }
    }
}

encoded!(Mode);
encoded!(Party);

impl Wire for MarginChoice {
    fn write_to<O: Output + ?Sized>(&self, out: &mut O) {
        match self {
            Self::Initial => 0u8.write_to(out),
            Self::NotWorse(scenario) => [1, *scenario].write_to(out),
            Self::Tight(deficit) => [2, *deficit].write_to(out),
        }
    }

    fn read_from<I: Input>(input: &mut I) -> Result<Self, WireError> {
        match u8::read_from(input)? {
            0 => Ok(Self::Initial),
            1 => Ok(Self::NotWorse(Wire::read_from(input)?)),
            2 => Ok(Self::Tight(Wire::read_from(input)?)),
            _ => Err(WireError::Value),
        }
    }
}
