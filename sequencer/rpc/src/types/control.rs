//! What a trader signs about orders without a proof (S-CONTROL).

use super::instruction::{SideName, SubmissionError};
use crate::encoding::{bytes, decimal};
use cloister_crypto::schnorr::Signature;
use cloister_ledger::{Control, ControlAction, OrdersIn, ProtectionTerms, SignedControl};
use cloister_types::{AccountIndex, GroupId, InstrumentId, Lots};
use codec::{DecodeAll, Encode};
use serde::{de, Deserialize, Deserializer, Serialize};
use std::fmt;

/// Which orders of the account are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrdersFields {
    /// Those of one instrument; of all, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_id: Option<InstrumentId>,
    /// Those of one side; of both, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<SideName>,
    /// Those that wait for a mark, too.
    #[serde(default)]
    pub waiting: bool,
}

/// What a control does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ActionFields {
    /// The orders leave at once.
    CancelOrders(OrdersFields),
    /// The orders leave unless this is signed again in time.
    DeadMan {
        /// Milliseconds until then; 0 switches it off.
        after: u64,
        /// Which orders leave.
        #[serde(default)]
        orders: OrdersFields,
    },
    /// Bounds what may be filled of the orders at rest in an instrument.
    Protect {
        /// The instrument.
        instrument_id: InstrumentId,
        /// Maximum number of lots within the window; 0 for none.
        #[serde(default, with = "decimal")]
        max_lots: Lots,
        /// Maximum size of lots bought less lots sold within the window; 0 for none.
        #[serde(default, with = "decimal")]
        max_delta: Lots,
        /// Length of the window, milliseconds.
        #[serde(default)]
        window: u64,
        /// How long nothing may rest afterwards, milliseconds; 0 until it is reset.
        #[serde(default)]
        cool_down: u64,
    },
    /// Starts a protection anew.
    ResetProtection {
        /// The instrument.
        instrument_id: InstrumentId,
    },
}

/// A signed control, field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlFields {
    /// Margin group.
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
    /// Higher than that of the control before.
    #[serde(with = "decimal")]
    pub number: u64,
    /// Last time at which it is taken.
    #[serde(with = "decimal")]
    pub expiry: u64,
    /// What it does.
    pub action: ActionFields,
    /// `c ‖ s`, 48 bytes (P-SCHNORR).
    #[serde(with = "bytes")]
    pub signature: [u8; Signature::LENGTH],
}

/// A signed control: its fields, or the hexadecimal digits of its SCALE encoding and the 48 bytes of the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ControlSubmission {
    /// Field by field.
    Fields(Box<ControlFields>),
    /// Encoded.
    Encoded(String),
}

impl<'de> Deserialize<'de> for ControlSubmission {
    /// By the kind of value, so that an error names the field that is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = ControlSubmission;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a signed control, field by field or as hexadecimal digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(ControlSubmission::Encoded(text.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = ControlFields::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(ControlSubmission::Fields(Box::new(fields)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl From<OrdersIn> for OrdersFields {
    fn from(orders: OrdersIn) -> Self {
        Self {
            instrument_id: orders.instrument,
            side: orders.side.map(Into::into),
            waiting: orders.waiting,
        }
    }
}

impl From<OrdersFields> for OrdersIn {
    fn from(fields: OrdersFields) -> Self {
        Self {
            instrument: fields.instrument_id,
            side: fields.side.map(Into::into),
            waiting: fields.waiting,
        }
    }
}

impl From<ControlAction> for ActionFields {
    fn from(action: ControlAction) -> Self {
        match action {
            ControlAction::CancelOrders(orders) => Self::CancelOrders(orders.into()),
            ControlAction::DeadMan { after, orders } => Self::DeadMan {
                after,
                orders: orders.into(),
            },
            ControlAction::Protect { instrument, terms } => Self::Protect {
                instrument_id: instrument,
                max_lots: terms.max_lots,
                max_delta: terms.max_delta,
                window: terms.window,
                cool_down: terms.cool_down,
            },
            ControlAction::ResetProtection { instrument } => Self::ResetProtection {
                instrument_id: instrument,
            },
        }
    }
}

impl From<ActionFields> for ControlAction {
    fn from(fields: ActionFields) -> Self {
        match fields {
            ActionFields::CancelOrders(orders) => Self::CancelOrders(orders.into()),
            ActionFields::DeadMan { after, orders } => Self::DeadMan {
                after,
                orders: orders.into(),
            },
            ActionFields::Protect {
                instrument_id,
                max_lots,
                max_delta,
                window,
                cool_down,
            } => Self::Protect {
                instrument: instrument_id,
                terms: ProtectionTerms {
                    max_lots,
                    max_delta,
                    window,
                    cool_down,
                },
            },
            ActionFields::ResetProtection { instrument_id } => Self::ResetProtection {
                instrument: instrument_id,
            },
        }
    }
}

impl ControlSubmission {
    /// Encodes a signed control.
    pub fn encoded(signed: &SignedControl) -> Self {
        let mut raw = signed.control.encode();
        raw.extend_from_slice(&signed.signature.to_bytes());
        Self::Encoded(format!("0x{}", hex::encode(raw)))
    }

    /// Writes a signed control field by field.
    pub fn fields(signed: &SignedControl) -> Self {
        let control = &signed.control;
        Self::Fields(Box::new(ControlFields {
            group: control.group,
            index: control.index,
            number: control.number,
            expiry: control.expiry,
            action: control.action.into(),
            signature: signed.signature.to_bytes(),
        }))
    }

    /// Reads the signed control.
    ///
    /// # Errors
    /// [`SubmissionError`].
    pub fn decode(&self) -> Result<SignedControl, SubmissionError> {
        match self {
            Self::Fields(fields) => Ok(SignedControl {
                control: Control {
                    group: fields.group,
                    index: fields.index,
                    number: fields.number,
                    expiry: fields.expiry,
                    action: fields.action.into(),
                },
                signature: Signature::from_bytes(&fields.signature)?,
            }),
            Self::Encoded(text) => {
                let raw = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| SubmissionError::Hex)?;
                let (body, signature) = raw
                    .split_last_chunk::<{ Signature::LENGTH }>()
                    .ok_or(SubmissionError::TooShort)?;
                Ok(SignedControl {
                    control: Control::decode_all(&mut &body[..]).map_err(|_| SubmissionError::Decode)?,
                    signature: Signature::from_bytes(signature)?,
                })
            }
        }
    }
}
