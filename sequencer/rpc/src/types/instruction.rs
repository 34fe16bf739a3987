//! What a trader sends: a signed instruction.

use crate::encoding::{bytes, decimal};
use cloister_crypto::schnorr::{Signature, SignatureError};
use cloister_ledger::{
    instruction::flags, Instruction, InstructionKind, Side, SignedInstruction, Trigger, TriggerError,
};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Lots, Price};
use codec::{DecodeAll, Encode};
use serde::{de, ser, Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Kind of an instruction (S-INSTRUCTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KindName {
    /// Trade.
    Order,
    /// Kill one order.
    Cancel,
    /// Kill every order with a lower id.
    CancelAll,
    /// Pay an amount to the owner.
    Withdrawal,
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SideName {
    /// Buys.
    Buy,
    /// Sells.
    Sell,
}

impl From<Side> for SideName {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell => Self::Sell,
        }
    }
}

impl From<SideName> for Side {
    fn from(side: SideName) -> Self {
        match side {
            SideName::Buy => Self::Buy,
            SideName::Sell => Self::Sell,
        }
    }
}

/// What an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TriggerFields {
    /// Mark price per lot.
    #[serde(with = "decimal")]
    pub mark: Price,
    /// From which side the mark must have come to it.
    pub direction: DirectionName,
}

/// The side of a trigger on which an order fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DirectionName {
    /// At the trigger's mark or above.
    AtOrAbove,
    /// At the trigger's mark or below.
    AtOrBelow,
}

impl From<Trigger> for TriggerFields {
    fn from(trigger: Trigger) -> Self {
        let direction = match trigger {
            Trigger::AtOrAbove(_) => DirectionName::AtOrAbove,
            Trigger::AtOrBelow(_) => DirectionName::AtOrBelow,
        };
        Self {
            mark: trigger.price(),
            direction,
        }
    }
}

impl From<TriggerFields> for Trigger {
    fn from(fields: TriggerFields) -> Self {
        match fields.direction {
            DirectionName::AtOrAbove => Self::AtOrAbove(fields.mark),
            DirectionName::AtOrBelow => Self::AtOrBelow(fields.mark),
        }
    }
}

/// A signed instruction, field by field. Fields that the kind does not use are 0 and may be left out. A field that is
/// not known is refused, because it may be one that was misspelled, and then the instruction is not the one that was
/// meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionFields {
    /// What to do.
    pub kind: KindName,
    /// Margin group.
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
    /// Number that the trader gives to it.
    #[serde(with = "decimal")]
    pub id: InstructionId,
    /// Instrument of an order.
    #[serde(default)]
    pub instrument_id: InstrumentId,
    /// Side of an order.
    #[serde(default = "buy")]
    pub side: SideName,
    /// Flags of an order (S-INSTRUCTION), without the direction of its trigger.
    #[serde(default)]
    pub flags: u8,
    /// What an order waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<TriggerFields>,
    /// Limit price of an order. A withdrawal has its amount here.
    #[serde(default, with = "decimal")]
    pub limit: Price,
    /// Lots of an order.
    #[serde(default, with = "decimal")]
    pub quantity: Lots,
    /// Last batch time at which the instruction is good.
    #[serde(with = "decimal")]
    pub expiry: u64,
    /// Highest fee per lot.
    #[serde(default, with = "decimal")]
    pub max_fee: Price,
    /// `c ‖ s`, 48 bytes (P-SCHNORR).
    #[serde(with = "bytes")]
    pub signature: [u8; Signature::LENGTH],
}

/// The side that S-INSTRUCTION gives to instructions that have none.
fn buy() -> SideName {
    SideName::Buy
}

/// A signed instruction: its fields, or the hexadecimal digits of its SCALE encoding and the 48 bytes of the signature.
///
/// Reading one from JSON never fails, whatever the JSON is: [`decode`](Self::decode) says what is wrong, and with which
/// field, so that a server can answer with its own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// Field by field.
    Fields(Box<InstructionFields>),
    /// Encoded.
    Encoded(String),
    /// Neither; nobody writes one.
    Malformed(SubmissionError),
}

impl Serialize for Submission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fields(fields) => fields.serialize(serializer),
            Self::Encoded(digits) => digits.serialize(serializer),
            Self::Malformed(error) => Err(ser::Error::custom(error)),
        }
    }
}

impl<'de> Deserialize<'de> for Submission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer).map_err(de::Error::custom)? {
            Value::String(digits) => Self::Encoded(digits),
            fields @ Value::Object(_) => match InstructionFields::read(fields) {
                Ok(fields) => Self::Fields(Box::new(fields)),
                Err(error) => Self::Malformed(error),
            },
            _ => Self::Malformed(SubmissionError::Form),
        })
    }
}

/// Why a submission cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// Neither an object of fields nor a string of digits.
    #[error("the instruction is neither an object with its fields nor a string of hexadecimal digits")]
    Form,
    /// A field that every instruction has is left out.
    #[error("field {0}: it is missing")]
    Missing(&'static str),
    /// A field does not hold what it must, or is not known.
    #[error("field {field}: {reason}")]
    Field {
        /// The field as it is spelled on the wire; one in another with a point between, such as `trigger.mark`.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not hexadecimal.
    #[error("the instruction is not hexadecimal")]
    Hex,
    /// Shorter than a signature.
    #[error("the instruction is too short")]
    TooShort,
    /// Not the SCALE encoding of an instruction.
    #[error("the instruction does not decode")]
    Decode,
    /// A direction is among the flags, where the trigger is a field of its own.
    #[error("field flags: the direction of a trigger belongs to the field trigger")]
    Direction,
    /// Trigger, direction and kind do not say one thing (B-TRIGGER).
    #[error("field trigger: {0}")]
    Trigger(#[from] TriggerError),
    /// The signature is malformed.
    #[error("the signature is malformed: {0}")]
    Signature(#[from] SignatureError),
}

impl Submission {
    /// Encodes a signed instruction.
    pub fn encoded(signed: &SignedInstruction) -> Self {
        let mut raw = signed.instruction.encode();
        raw.extend_from_slice(&signed.signature.to_bytes());
        Self::Encoded(format!("0x{}", hex::encode(raw)))
    }

    /// Writes a signed instruction field by field; `None` for the kinds that the sequencer does not take, and for a
    /// trigger that says nothing.
    pub fn fields(signed: &SignedInstruction) -> Option<Self> {
        let i = &signed.instruction;
        let kind = match i.kind {
            InstructionKind::None | InstructionKind::Transfer => return None,
            InstructionKind::Order => KindName::Order,
            InstructionKind::Cancel => KindName::Cancel,
            InstructionKind::CancelAll => KindName::CancelAll,
            InstructionKind::Withdrawal => KindName::Withdrawal,
        };
        Some(Self::Fields(Box::new(InstructionFields {
            kind,
            group: i.group,
            index: i.index,
            id: i.id,
            instrument_id: i.instrument_id,
            side: i.side.into(),
            flags: i.flags & !flags::DIRECTIONS,
            trigger: i.waits_for().ok()?.map(Into::into),
            limit: i.limit.into(),
            quantity: i.quantity.into(),
            expiry: i.expiry,
            max_fee: i.max_fee,
            signature: signed.signature.to_bytes(),
        })))
    }

    /// Reads the signed instruction.
    ///
    /// # Errors
    /// [`SubmissionError`].
    pub fn decode(&self) -> Result<SignedInstruction, SubmissionError> {
        match self {
            Self::Malformed(error) => Err(error.clone()),
            Self::Fields(fields) => fields.decode(),
            Self::Encoded(text) => {
                let raw = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| SubmissionError::Hex)?;
                let (body, signature) = raw
                    .split_last_chunk::<{ Signature::LENGTH }>()
                    .ok_or(SubmissionError::TooShort)?;
                let instruction = Instruction::decode_all(&mut &body[..]).map_err(|_| SubmissionError::Decode)?;
                instruction.waits_for()?;
                Ok(SignedInstruction {
                    instruction,
                    signature: Signature::from_bytes(signature)?,
                })
            }
        }
    }
}

impl InstructionFields {
    /// The fields that every instruction has, as they are spelled on the wire.
    pub const REQUIRED: [&'static str; 6] = ["kind", "group", "index", "id", "expiry", "signature"];

    /// Reads an object; says which field is wrong.
    fn read(object: Value) -> Result<Self, SubmissionError> {
        if let Some(field) = Self::REQUIRED.into_iter().find(|field| object.get(field).is_none()) {
            return Err(SubmissionError::Missing(field));
        }
        serde_path_to_error::deserialize(object).map_err(|error| SubmissionError::Field {
            field: error.path().to_string(),
            reason: error.into_inner().to_string(),
        })
    }

    fn decode(&self) -> Result<SignedInstruction, SubmissionError> {
        let kind = match self.kind {
            KindName::Order => InstructionKind::Order,
            KindName::Cancel => InstructionKind::Cancel,
            KindName::CancelAll => InstructionKind::CancelAll,
            KindName::Withdrawal => InstructionKind::Withdrawal,
        };
        if self.flags & flags::DIRECTIONS != 0 {
            return Err(SubmissionError::Direction);
        }
        let instruction = Instruction {
            kind,
            group: self.group,
            index: self.index,
            id: self.id,
            instrument_id: self.instrument_id,
            side: self.side.into(),
            flags: self.flags,
            trigger: Price::ZERO,
            limit: self.limit.into(),
            quantity: self.quantity.into(),
            expiry: self.expiry,
            max_fee: self.max_fee,
        }
        .waiting_for(self.trigger.map(Into::into));
        instruction.waits_for()?;
        Ok(SignedInstruction {
            instruction,
            signature: Signature::from_bytes(&self.signature)?,
        })
    }
}
