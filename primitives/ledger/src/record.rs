//! What a batch publishes of each unit and of the house (B-RECORD).

use crate::{
    account::{cash_fits, Account, Switches},
    house::House,
    packing::{
        pack, pack_open_interest, pack_positions, power_of_two, unpack_open_interest, unpack_positions, OpenInterest,
    },
    slot::Slot,
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{
        AMOUNT_BITS, CASH_BITS, FEE_POOL_BITS, HOUSE_RECORD, ID_BITS, INDEX_BITS, OPEN_INTEREST_WORDS, POSITION_WORDS,
        RECORD_FIXED, RECORD_KIND_BITS, RECORD_PUBLIC,
    },
    field::{from_i128, from_u128, to_bytes},
    stream::{account_pads, house_pads, StreamSalt},
    Fr,
};
use cloister_risk::Positions;
use cloister_types::{AccountIndex, Amount, InstructionId, Money, Total};

/// Added to signed cash so that it packs as an unsigned number.
pub const CASH_OFFSET: i128 = 1 << (CASH_BITS - 1);
/// Number of encrypted elements in a record, without the slots.
const ENCRYPTED_FIXED: usize = RECORD_FIXED - RECORD_PUBLIC;

/// The new keys of an open or a re-key, public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Trading key, first coordinate.
    pub x: Fr,
    /// Trading key, second coordinate.
    pub y: Fr,
    /// `view_commitment(scope, view_key)`.
    pub view_commitment: Fr,
}

/// What a record shows of its unit's mode: only what the queue shows anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Any mode that is not listed below: from the outside they look alike.
    Update,
    /// An open, with its keys.
    Open(KeyRecord),
    /// A re-key, with the new keys.
    Rekey(KeyRecord),
    /// A forced withdrawal.
    Forced {
        /// Amount as queued; what was paid is [`UnitRecord::withdrawal`].
        requested: Amount,
    },
    /// A switch.
    Switch {
        /// The new flags. They are no secret, so that a reader needs no other record to rebuild the leaf.
        switches: Switches,
    },
    /// A close. It took effect if and only if the new leaf is 0.
    Close,
}

impl RecordKind {
    /// The three bits of the record's first element.
    pub fn code(&self) -> u8 {
        match self {
            Self::Update => 0,
            Self::Open(_) => 1,
            Self::Rekey(_) => 2,
            Self::Forced { .. } => 3,
            Self::Switch { .. } => 4,
            Self::Close => 5,
        }
    }

    /// What the owner asked for, in the last field of the first element: the amount requested by a forced withdrawal,
    /// the flags of a switch, 0 for other kinds.
    pub fn asked(&self) -> u64 {
        match self {
            Self::Forced { requested } => requested.get(),
            Self::Switch { switches } => switches.bits(),
            Self::Update | Self::Open(_) | Self::Rekey(_) | Self::Close => 0,
        }
    }

    /// The new keys of an open or a re-key.
    pub fn keys(&self) -> Option<&KeyRecord> {
        match self {
            Self::Open(keys) | Self::Rekey(keys) => Some(keys),
            Self::Update | Self::Forced { .. } | Self::Switch { .. } | Self::Close => None,
        }
    }
}

/// The public record of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRecord {
    /// Account index.
    pub index: AccountIndex,
    /// What the record shows of the mode.
    pub kind: RecordKind,
    /// Deposit taken from the queue.
    pub deposit: Amount,
    /// Amount paid to the owner.
    pub withdrawal: Amount,
    /// The new leaf.
    pub new_leaf: Fr,
    /// `8 + J` elements, each plus its pad.
    pub ciphertext: Vec<Fr>,
}

/// What a holder of the view key reads from a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPlain {
    /// Cash.
    pub cash: Money,
    /// Minimum id.
    pub min_id: InstructionId,
    /// Root of the order tree.
    pub orders_root: Fr,
    /// Positions in lots.
    pub positions: Positions,
    /// New slot of each place, `None` for a place without an instruction.
    pub slots: Vec<Option<Slot>>,
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The ciphertext has the wrong number of elements.
    #[error("the record has the wrong length")]
    Length,
    /// The decrypted elements are not a record: wrong key, nonce, salt, group or chain.
    #[error("the record does not decrypt: wrong view key, nonce, salt, group or chain")]
    Garbage,
}

/// Takes `bits` bits from `from` of an encoding.
pub(crate) fn bits(bytes: &[u8; 32], from: usize, bits: usize) -> u128 {
    (0..bits).fold(0, |x, i| {
        let at = from + i;
        let bit = bytes.get(at / 8).is_some_and(|b| (b >> (at % 8)) & 1 == 1);
        x | (u128::from(bit) << i)
    })
}

/// The plaintext of a record before encryption: cash with min_id, orders root, positions, slots.
pub fn plaintext(account: &Account, slots: &[Fr]) -> Vec<Fr> {
    let cash = from_i128(account.cash.get()) + from_i128(CASH_OFFSET);
    let head = [
        cash * power_of_two(ID_BITS) + Fr::from(account.min_id.get()),
        account.orders_root,
    ];
    head.into_iter()
        .chain(pack_positions(&account.positions))
        .chain(slots.iter().copied())
        .collect()
}

impl UnitRecord {
    /// Whether this closed the account: no account hashes to 0.
    pub fn closes(&self) -> bool {
        self.kind == RecordKind::Close && self.new_leaf == Fr::zero()
    }

    /// The first element: `index ‖ kind ‖ deposit ‖ withdrawal ‖ asked`.
    pub fn head(&self) -> Fr {
        pack(&[
            (u64::from(self.index.get()), INDEX_BITS),
            (self.kind.code().into(), RECORD_KIND_BITS),
            (self.deposit.get(), AMOUNT_BITS),
            (self.withdrawal.get(), AMOUNT_BITS),
            (self.kind.asked(), AMOUNT_BITS),
        ])
    }

    /// The record's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let keys = self
            .kind
            .keys()
            .map_or([Fr::zero(); 3], |k| [k.x, k.y, k.view_commitment]);
        [self.head(), self.new_leaf]
            .into_iter()
            .chain(keys)
            .chain(self.ciphertext.iter().copied())
            .collect()
    }

    /// Encrypts the account of an index after an update; `slots` are the places' new slot values.
    pub fn encrypt(index: AccountIndex, account: &Account, slots: &[Fr], salt: StreamSalt) -> Vec<Fr> {
        let plain = plaintext(account, slots);
        let pads = account_pads(account.view_key, index.get(), account.nonce, salt, plain.len());
        plain.into_iter().zip(pads).map(|(x, pad)| x + pad).collect()
    }

    /// Reads the record with the account's view key; `nonce` is the account's nonce after this update.
    ///
    /// # Errors
    /// [`RecordError`]; a wrong key shows as garbage with overwhelming probability, and the caller compares `new_leaf`.
    pub fn decrypt(&self, view_key: Fr, nonce: u64, salt: StreamSalt) -> Result<UnitPlain, RecordError> {
        if self.ciphertext.len() < ENCRYPTED_FIXED {
            return Err(RecordError::Length);
        }
        let pads = account_pads(view_key, self.index.get(), nonce, salt, self.ciphertext.len());
        let plain: Vec<Fr> = self.ciphertext.iter().zip(pads).map(|(c, pad)| c - pad).collect();
        let (fixed, slots) = plain.split_at(ENCRYPTED_FIXED);
        let head = to_bytes(fixed.first().ok_or(RecordError::Length)?);
        if bits(&head, ID_BITS + CASH_BITS, 256 - ID_BITS - CASH_BITS) != 0 {
            return Err(RecordError::Garbage);
        }
        let min_id = u64::try_from(bits(&head, 0, ID_BITS)).map_err(|_| RecordError::Garbage)?;
        let raw_cash = i128::try_from(bits(&head, ID_BITS, CASH_BITS)).map_err(|_| RecordError::Garbage)?;
        let cash = raw_cash
            .checked_sub(CASH_OFFSET)
            .filter(|c| cash_fits(Money(*c)))
            .ok_or(RecordError::Garbage)?;
        let orders_root = *fixed.get(1).ok_or(RecordError::Length)?;
        let words: [Fr; POSITION_WORDS] = fixed
            .get(2..)
            .and_then(|w| w.try_into().ok())
            .ok_or(RecordError::Length)?;
        let positions = unpack_positions(&words).ok_or(RecordError::Garbage)?;
        let slots = slots
            .iter()
            .map(|s| {
                if *s == Fr::zero() {
                    Ok(None)
                } else {
                    Slot::from_field(s).map(Some).ok_or(RecordError::Garbage)
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(UnitPlain {
            cash: Money(cash),
            min_id: InstructionId(min_id),
            orders_root,
            positions,
            slots,
        })
    }
}

/// The public record of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseRecord {
    /// 14 elements, each plus its pad.
    pub ciphertext: [Fr; HOUSE_RECORD],
}

/// What a holder of the house key reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HousePlain {
    /// Insurance money.
    pub insurance: Money,
    /// Fees not paid out.
    pub fee_pool: Total,
    /// Positions in lots.
    pub positions: Positions,
    /// Open interest of both sides, in lots.
    pub open_interest: OpenInterest,
}

impl HouseRecord {
    /// Encrypts the house after a batch or a re-key.
    pub fn encrypt(house: &House, salt: StreamSalt) -> Self {
        let insurance = from_i128(house.insurance.get()) + from_i128(CASH_OFFSET);
        let head = insurance + power_of_two(CASH_BITS) * from_u128(house.fee_pool.get());
        let plain = [head]
            .into_iter()
            .chain(pack_positions(&house.positions))
            .chain(pack_open_interest(&house.open_interest));
        let pads = house_pads(house.key, house.nonce, salt, HOUSE_RECORD);
        let mut ciphertext = [Fr::zero(); HOUSE_RECORD];
        for (slot, (x, pad)) in ciphertext.iter_mut().zip(plain.zip(pads)) {
            *slot = x + pad;
        }
        Self { ciphertext }
    }

    /// The house of the record, by its key and nonce. Compare its commitment with the public one: a wrong key gives
    /// another house or `None`.
    pub fn open(&self, key: Fr, nonce: u64, salt: StreamSalt) -> Option<House> {
        let plain = self.decrypt(key, nonce, salt).ok()?;
        Some(House {
            key,
            nonce,
            insurance: plain.insurance,
            fee_pool: plain.fee_pool,
            positions: plain.positions,
            open_interest: plain.open_interest,
        })
    }

    /// Reads the record with the house key and nonce after the batch or the re-key.
    ///
    /// # Errors
    /// [`RecordError::Garbage`] if the decrypted elements are not a house.
    pub fn decrypt(&self, key: Fr, nonce: u64, salt: StreamSalt) -> Result<HousePlain, RecordError> {
        let pads = house_pads(key, nonce, salt, HOUSE_RECORD);
        let plain: Vec<Fr> = self.ciphertext.iter().zip(pads).map(|(c, pad)| c - pad).collect();
        let head = to_bytes(plain.first().ok_or(RecordError::Length)?);
        if bits(&head, CASH_BITS + FEE_POOL_BITS, 256 - CASH_BITS - FEE_POOL_BITS) != 0 {
            return Err(RecordError::Garbage);
        }
        let raw = i128::try_from(bits(&head, 0, CASH_BITS)).map_err(|_| RecordError::Garbage)?;
        let insurance = raw.checked_sub(CASH_OFFSET).ok_or(RecordError::Garbage)?;
        let fee_pool = bits(&head, CASH_BITS, FEE_POOL_BITS);
        let positions: [Fr; POSITION_WORDS] = plain
            .get(1..1 + POSITION_WORDS)
            .and_then(|w| w.try_into().ok())
            .ok_or(RecordError::Length)?;
        let open: [Fr; OPEN_INTEREST_WORDS] = plain
            .get(1 + POSITION_WORDS..)
            .and_then(|w| w.try_into().ok())
            .ok_or(RecordError::Length)?;
        let positions = unpack_positions(&positions).ok_or(RecordError::Garbage)?;
        let open_interest = unpack_open_interest(&open).ok_or(RecordError::Garbage)?;
        Ok(HousePlain {
            insurance: Money(insurance),
            fee_pool: Total(fee_pool),
            positions,
            open_interest,
        })
    }
}
