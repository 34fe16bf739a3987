//! What goes over the wire, one file per noun. Units and encodings: the [crate] root.

mod account;
mod batch;
mod book;
mod control;
mod entry;
mod fill;
mod halt;
mod instruction;
mod market;
mod notice;
mod outcome;
mod status;
mod stream;

pub use account::{AccountInfo, AccountQuery, OpenOrderInfo, PositionInfo, SettledAccount, WaitingOrderInfo};
pub use batch::{BatchInfo, BatchStatus};
pub use book::{Level, OrderBook};
pub use control::{ActionFields, ControlFields, ControlSubmission, OrdersFields};
pub use entry::{Amendment, BatchEntry, EntryError, EntryOutcome};
pub use fill::{FillInfo, Liquidation, LiquidationKind, Trade};
pub use halt::{HaltInfo, HaltKind};
pub use instruction::{
    DirectionName, InstructionFields, KindName, SideName, Submission, SubmissionError, TriggerFields,
};
pub use market::{InstrumentInfo, InstrumentStatus, Market};
pub use notice::{NoticeInfo, VoidCause, VoidInfo};
pub use outcome::{AcceptedInfo, BrokenRule, DropReason, RemovedInfo};
pub use status::{RoundsInfo, Status};
pub use stream::{
    BookChange, ChannelName, CheckedBook, EndReason, MarginInfo, OrderUpdate, PositionsInfo, Resume, StreamBody,
    StreamEnd, StreamGap, StreamMessage, StreamParams, SwitchOff, TickerInfo,
};
