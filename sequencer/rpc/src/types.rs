//! What goes over the wire.

use super::encoding::{bytes, decimal};
use cloister_crypto::schnorr::{Signature, SignatureError};
use cloister_ledger::{Instruction, Kind, Side, SignedInstruction};
use codec::{DecodeAll, Encode};
use serde::{Deserialize, Serialize};

/// Kind of an instruction (S-INSTRUCTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KindName {
    /// Trade.
    Order,
    /// One order is dead.
    Cancel,
    /// All lower ids are dead.
    CancelAll,
    /// Pay to the owner.
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

/// A signed instruction, field by field. Fields that the kind does not use are 0 and may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstructionFields {
    /// What to do.
    pub kind: KindName,
    /// Margin group.
    pub group: u32,
    /// Account index.
    pub index: u32,
    /// Instruction id; its slot is `id mod 512`.
    #[serde(with = "decimal")]
    pub id: u64,
    /// Instrument of an order.
    #[serde(default)]
    pub instrument_id: u32,
    /// Side of an order.
    #[serde(default = "buy")]
    pub side: SideName,
    /// Flags of an order (S-INSTRUCTION).
    #[serde(default)]
    pub flags: u8,
    /// Limit price a lot, or the amount of a withdrawal; 10^-6.
    #[serde(default, with = "decimal")]
    pub limit: u64,
    /// Lots.
    #[serde(default, with = "decimal")]
    pub quantity: u64,
    /// Last batch time at which it is good.
    #[serde(with = "decimal")]
    pub expiry: u64,
    /// Highest fee a lot, 10^-6.
    #[serde(default, with = "decimal")]
    pub max_fee: u64,
    /// `c ‖ s`, 48 bytes (P-SCHNORR).
    #[serde(with = "bytes")]
    pub signature: [u8; Signature::LENGTH],
}

/// The side that S-INSTRUCTION gives to instructions that have none.
fn buy() -> SideName {
    SideName::Buy
}

/// A signed instruction: its fields, or hexadecimal of the SCALE encoding of the instruction followed by the 48 bytes of the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Submission {
    /// Field by field.
    Fields(Box<InstructionFields>),
    /// Encoded.
    Encoded(String),
}

/// Why a submission cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// Not hexadecimal.
    #[error("the instruction is not hexadecimal")]
    Hex,
    /// Shorter than a signature.
    #[error("the instruction is too short")]
    TooShort,
    /// Not the SCALE encoding of an instruction.
    #[error("the instruction does not decode")]
    Decode,
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

    /// Writes a signed instruction field by field; `None` for the kind that nobody signs.
    pub fn fields(signed: &SignedInstruction) -> Option<Self> {
        let i = &signed.instruction;
        let kind = match i.kind {
            Kind::None | Kind::Transfer => return None,
            Kind::Order => KindName::Order,
            Kind::Cancel => KindName::Cancel,
            Kind::CancelAll => KindName::CancelAll,
            Kind::Withdrawal => KindName::Withdrawal,
        };
        Some(Self::Fields(Box::new(InstructionFields {
            kind,
            group: i.group,
            index: i.index,
            id: i.id,
            instrument_id: i.instrument_id,
            side: i.side.into(),
            flags: i.flags,
            limit: i.limit,
            quantity: i.quantity,
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
            Self::Fields(fields) => fields.decode(),
            Self::Encoded(text) => {
                let raw = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| SubmissionError::Hex)?;
                let (body, signature) = raw
                    .split_last_chunk::<{ Signature::LENGTH }>()
                    .ok_or(SubmissionError::TooShort)?;
                let instruction = Instruction::decode_all(&mut &body[..]).map_err(|_| SubmissionError::Decode)?;
                Ok(SignedInstruction {
                    instruction,
                    signature: Signature::from_bytes(signature)?,
                })
            }
        }
    }
}

impl InstructionFields {
    fn decode(&self) -> Result<SignedInstruction, SubmissionError> {
        let kind = match self.kind {
            KindName::Order => Kind::Order,
            KindName::Cancel => Kind::Cancel,
            KindName::CancelAll => Kind::CancelAll,
            KindName::Withdrawal => Kind::Withdrawal,
        };
        let instruction = Instruction {
            kind,
            group: self.group,
            index: self.index,
            id: self.id,
            instrument_id: self.instrument_id,
            side: self.side.into(),
            flags: self.flags,
            limit: self.limit,
            quantity: self.quantity,
            expiry: self.expiry,
            max_fee: self.max_fee,
        };
        Ok(SignedInstruction {
            instruction,
            signature: Signature::from_bytes(&self.signature)?,
        })
    }
}

/// One fill of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillInfo {
    /// Number of the fill; the two sides share it, and so does the public trade.
    pub id: u64,
    /// When.
    pub time: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Id of the account's order.
    #[serde(with = "decimal")]
    pub order_id: u64,
    /// Side of the account.
    pub side: SideName,
    /// True if the account's order rested.
    pub maker: bool,
    /// Price a lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Fee of this account, 10^-6.
    #[serde(with = "decimal")]
    pub fee: u128,
}

/// What an accepted instruction did at once. It settles with the proof of its batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// When the sequencer took it.
    pub time: u64,
    /// Lots filled at once.
    #[serde(with = "decimal")]
    pub filled: u64,
    /// Lots that rest in the book.
    #[serde(with = "decimal")]
    pub resting: u64,
    /// Why lots were dropped, if some were.
    pub dropped: Option<String>,
    /// The account's fills, in order.
    pub fills: Vec<FillInfo>,
}

/// One price of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Level {
    /// Price a lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u128,
    /// Orders.
    pub orders: u32,
}

/// A book, best prices first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderBook {
    /// Instrument.
    pub instrument_id: u32,
    /// When.
    pub time: u64,
    /// Buyers.
    pub bids: Vec<Level>,
    /// Sellers.
    pub asks: Vec<Level>,
}

/// Who asks for an account: proves knowledge of the view key (P-AUTH).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountQuery {
    /// Account index.
    pub index: u32,
    /// Time of the question; within 60 s of the server's clock.
    pub time: u64,
    /// `sponge(AUTH, [view_key, group, index, time])`.
    #[serde(with = "bytes")]
    pub tag: [u8; 32],
}

impl AccountQuery {
    /// A question by the holder of the view key.
    pub fn new(view_key: cloister_crypto::Fr, group: u32, index: u32, time: u64) -> Self {
        let tag = cloister_crypto::auth::tag(view_key, group, index, time);
        Self {
            index,
            time,
            tag: cloister_crypto::field::to_bytes(&tag),
        }
    }
}

/// One position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionInfo {
    /// Instrument.
    pub instrument_id: u32,
    /// Lots; negative is short.
    #[serde(with = "decimal")]
    pub quantity: i64,
    /// Value `q·V` at the current table, 10^-6.
    #[serde(with = "decimal")]
    pub value: i128,
}

/// One order at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenOrderInfo {
    /// Order id.
    #[serde(with = "decimal")]
    pub id: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Side.
    pub side: SideName,
    /// Limit price a lot, 10^-6.
    #[serde(with = "decimal")]
    pub limit: u64,
    /// Lots signed.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Lots not yet filled.
    #[serde(with = "decimal")]
    pub remaining: u64,
    /// Flags (S-INSTRUCTION).
    pub flags: u8,
    /// Expiry.
    pub expiry: u64,
}

/// An account as the sequencer sees it: after every fill, settled or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Account index.
    pub index: u32,
    /// Updates proven and in batches so far.
    pub nonce: u64,
    /// Lower ids are void.
    #[serde(with = "decimal")]
    pub min_id: u64,
    /// Signed cash, 10^-6.
    #[serde(with = "decimal")]
    pub cash: i128,
    /// `cash + Σ q·V`, 10^-6.
    #[serde(with = "decimal")]
    pub equity: i128,
    /// Initial margin of the positions, 10^-6.
    #[serde(with = "decimal")]
    pub initial_margin: i128,
    /// Maintenance margin of the positions, 10^-6.
    #[serde(with = "decimal")]
    pub maintenance_margin: i128,
    /// What a withdrawal could take now, open orders at their worst included; 10^-6.
    #[serde(with = "decimal")]
    pub available: u128,
    /// Positions that are not 0.
    pub positions: Vec<PositionInfo>,
    /// Orders at rest.
    pub open_orders: Vec<OpenOrderInfo>,
    /// Cash of the account in the ledger that the chain has settled, 10^-6; `None` before the open has settled.
    pub settled: Option<SettledAccount>,
}

/// The account as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettledAccount {
    /// Updates settled so far.
    pub nonce: u64,
    /// Signed cash, 10^-6.
    #[serde(with = "decimal")]
    pub cash: i128,
    /// Positions that are not 0: instrument and lots.
    pub positions: Vec<(u32, i64)>,
    /// The leaf in the account tree.
    #[serde(with = "bytes")]
    pub leaf: [u8; 32],
}

/// A settled batch, with what it took to make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchInfo {
    /// Batch number.
    pub batch_no: u64,
    /// Batch time.
    pub time: u64,
    /// Version of its risk table.
    pub risk_version: u64,
    /// Account root after.
    #[serde(with = "bytes")]
    pub root: [u8; 32],
    /// House commitment after.
    #[serde(with = "bytes")]
    pub house: [u8; 32],
    /// Units of the shape.
    pub units: u32,
    /// Units that were not padding.
    pub used: u32,
    /// Fills inside.
    pub fills: u32,
    /// Constraints of the circuit.
    pub constraints: u64,
    /// Milliseconds it took to prove.
    pub prove_ms: u64,
    /// Milliseconds from the first submission until it was in a block.
    pub submit_to_settle_ms: u64,
    /// Submissions it took.
    pub attempts: u32,
    /// Number of the block that holds it.
    pub block: u64,
    /// True once that block is final.
    pub finalized: bool,
}

/// How far proving and settling are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchStatus {
    /// The newest batch in a block.
    pub latest: Option<BatchInfo>,
    /// Batches in final blocks.
    pub finalized_batches: u64,
    /// The batch that is being proven.
    pub proving: Option<u64>,
    /// Batches that wait for a proof.
    pub waiting: u32,
    /// Batches that wait for a block.
    pub submitting: u32,
    /// Units of the open batch.
    pub open_units: u32,
    /// Events that no batch takes now; 0 unless `halted` says why.
    pub stuck_events: u32,
    /// Units of the shape.
    pub units: u32,
    /// Account root of the settled ledger.
    #[serde(with = "bytes")]
    pub settled_root: [u8; 32],
    /// Account root after every closed batch.
    #[serde(with = "bytes")]
    pub head_root: [u8; 32],
    /// What stops batches, if something does.
    pub halted: Option<String>,
}

/// One instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentInfo {
    /// Instrument id.
    pub instrument_id: u32,
    /// Row of the risk table.
    pub row: u8,
    /// `trading`, `closeOnly` or `expired`.
    pub status: String,
    /// Mark price a lot, 10^-6.
    #[serde(with = "decimal")]
    pub mark: i64,
    /// Cumulative funding a lot, 10^-6.
    #[serde(with = "decimal")]
    pub funding: i64,
    /// Lowest price that can trade now, 10^-6.
    #[serde(with = "decimal")]
    pub lowest_price: u64,
    /// Highest price that can trade now, 10^-6.
    #[serde(with = "decimal")]
    pub highest_price: u64,
    /// Largest position in lots.
    #[serde(with = "decimal")]
    pub position_limit: u64,
    /// Best bid, 10^-6.
    pub best_bid: Option<u64>,
    /// Best ask, 10^-6.
    pub best_ask: Option<u64>,
}

/// What a trader must know to sign orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Market {
    /// Genesis hash of the chain, part of every signed message.
    #[serde(with = "bytes")]
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Version of the risk table.
    pub risk_version: u64,
    /// Time of its prices.
    pub risk_time: u64,
    /// Initial margin ratio over 2^8.
    pub initial: u16,
    /// Maintenance margin ratio over 2^8.
    pub maintenance: u16,
    /// Maker fee, 10^-6 of the cost.
    pub maker_fee: u32,
    /// Taker fee, 10^-6 of the cost.
    pub taker_fee: u32,
    /// Highest fee that the table allows, 10^-6 of the cost.
    pub fee_cap: u32,
    /// An instruction counts as expired this many milliseconds before its expiry.
    pub settlement_slack: u64,
    /// The sequencers' sealing key, first coordinate (P-SEAL).
    #[serde(with = "bytes")]
    pub seal_key_x: [u8; 32],
    /// Second coordinate.
    #[serde(with = "bytes")]
    pub seal_key_y: [u8; 32],
    /// Instruments that are listed.
    pub instruments: Vec<InstrumentInfo>,
}

/// One trade of the public tape. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// Number of the fill, counted from 0 since the sequencer started.
    pub id: u64,
    /// When.
    pub time: u64,
    /// Instrument.
    pub instrument_id: u32,
    /// Price a lot, 10^-6.
    #[serde(with = "decimal")]
    pub price: u64,
    /// Lots.
    #[serde(with = "decimal")]
    pub quantity: u64,
    /// Side of the order that came in.
    pub taker_side: SideName,
}

/// How the sequencer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the sequencer.
    pub version: String,
    /// Margin group.
    pub group: u32,
    /// Its clock.
    pub time: u64,
    /// Since when it runs.
    pub started: u64,
    /// Instructions accepted.
    pub accepted: u64,
    /// Instructions refused.
    pub rejected: u64,
    /// Fills made.
    pub fills: u64,
    /// Accounts it knows.
    pub accounts: u32,
    /// Orders at rest.
    pub open_orders: u32,
    /// The next item of the chain's queue it will take.
    pub next_queue_item: u64,
    /// Number of the final block it last looked at.
    pub finalized_block: u64,
    /// Version of the risk table in force.
    pub risk_version: u64,
    /// True if proofs are made with development parameters, whose trapdoor is public.
    pub development_proofs: bool,
    /// What stops batches, if something does.
    pub halted: Option<String>,
}
