//! What goes over the wire, one file per noun. Units and encodings: the [crate] root.

mod account;
mod batch;
mod book;
mod fill;
mod halt;
mod instruction;
mod market;
mod outcome;
mod status;

pub use account::{AccountInfo, AccountQuery, OpenOrderInfo, PositionInfo, SettledAccount};
pub use batch::{BatchInfo, BatchStatus};
pub use book::{Level, OrderBook};
pub use fill::{FillInfo, Trade};
pub use halt::{HaltInfo, HaltKind};
pub use instruction::{
    DirectionName, InstructionFields, KindName, SideName, Submission, SubmissionError, TriggerFields,
};
pub use market::{InstrumentInfo, InstrumentStatus, Market};
pub use outcome::{AcceptedInfo, BrokenRule, DropReason};
pub use status::{RoundsInfo, Status};
