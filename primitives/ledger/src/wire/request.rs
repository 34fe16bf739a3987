//! What batches are asked to do, as SCALE: a sequencer keeps it until the batch is settled.

use crate::{
    batch::Doors,
    state::{BatchRequest, UnitRequest},
    wire::Wire,
};
use cloister_crypto::Fr;
use codec::{Decode, Encode, EncodeLike, Error, Input, Output};

/// Tags of the units.
mod tag {
    pub const OPEN: u8 = 0;
    pub const REKEY: u8 = 1;
    pub const NORMAL: u8 = 2;
    pub const FORCED: u8 = 3;
    pub const LIQUIDATION: u8 = 4;
    pub const EXPIRY: u8 = 5;
    pub const TAKEOVER: u8 = 6;
    pub const SWITCH: u8 = 7;
    pub const CLOSE: u8 = 8;
    pub const DELEVERAGING: u8 = 9;
    pub const PADDING: u8 = 10;
}

impl Encode for UnitRequest {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let tag = match self {
            Self::Open { .. } => tag::OPEN,
            Self::Rekey { .. } => tag::REKEY,
            Self::Normal { .. } => tag::NORMAL,
            Self::Forced { .. } => tag::FORCED,
            Self::Liquidation { .. } => tag::LIQUIDATION,
            Self::Expiry { .. } => tag::EXPIRY,
            Self::Takeover { .. } => tag::TAKEOVER,
            Self::Switch { .. } => tag::SWITCH,
            Self::Close { .. } => tag::CLOSE,
            Self::Deleveraging { .. } => tag::DELEVERAGING,
            Self::Padding { .. } => tag::PADDING,
        };
        (tag, self.index(), self.deposit()).encode_to(out);
        match self {
            Self::Open {
                key,
                preimage,
                view_key,
                ..
            }
            | Self::Rekey {
                key,
                preimage,
                view_key,
                ..
            } => {
                (key, preimage).encode_to(out);
                view_key.write_to(out);
            }
            Self::Normal { places, .. } => places.encode_to(out),
            Self::Forced { requested, .. } => requested.encode_to(out),
            Self::Liquidation { fills, .. } => fills.encode_to(out),
            Self::Expiry { rows, .. } => rows.encode_to(out),
            Self::Switch { switches, .. } => switches.encode_to(out),
            Self::Deleveraging { party, fills, .. } => (party, fills).encode_to(out),
            Self::Takeover { .. } | Self::Close { .. } | Self::Padding { .. } => {}
        }
    }
}

impl EncodeLike for UnitRequest {}

impl Decode for UnitRequest {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let (tag, index, deposit) = Decode::decode(input)?;
        Ok(match tag {
            tag::OPEN => Self::Open {
                index,
                key: Decode::decode(input)?,
                preimage: Decode::decode(input)?,
                view_key: Fr::read_from(input)?,
                deposit,
            },
            tag::REKEY => Self::Rekey {
                index,
                key: Decode::decode(input)?,
                preimage: Decode::decode(input)?,
                view_key: Fr::read_from(input)?,
                deposit,
            },
            tag::NORMAL => Self::Normal {
                index,
                deposit,
                places: Decode::decode(input)?,
            },
            tag::FORCED => Self::Forced {
                index,
                deposit,
                requested: Decode::decode(input)?,
            },
            tag::LIQUIDATION => Self::Liquidation {
                index,
                deposit,
                fills: Decode::decode(input)?,
            },
            tag::EXPIRY => Self::Expiry {
                index,
                deposit,
                rows: Decode::decode(input)?,
            },
            tag::TAKEOVER => Self::Takeover { index, deposit },
            tag::SWITCH => Self::Switch {
                index,
                deposit,
                switches: Decode::decode(input)?,
            },
            tag::CLOSE => Self::Close { index, deposit },
            tag::DELEVERAGING => Self::Deleveraging {
                index,
                deposit,
                party: Decode::decode(input)?,
                fills: Decode::decode(input)?,
            },
            tag::PADDING => Self::Padding { index, deposit },
            _ => return Err("a unit of a kind that there is not".into()),
        })
    }
}

impl Encode for BatchRequest {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        let Self {
            context,
            sweep,
            doors,
            empty_mask,
            units,
        } = self;
        (context, sweep, doors, empty_mask, units).encode_to(out);
    }
}

impl EncodeLike for BatchRequest {}

impl Decode for BatchRequest {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            context: Decode::decode(input)?,
            sweep: Decode::decode(input)?,
            doors: Doors::decode(input)?,
            empty_mask: Decode::decode(input)?,
            units: Decode::decode(input)?,
        })
    }
}
