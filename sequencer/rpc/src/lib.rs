//! The JSON-RPC of the sequencer, namespace `cloister` (Q-RPC).
//!
//! * [`CloisterRpcClient`] and [`CloisterRpcServer`] are generated from one list of methods, [`CloisterStreamsClient`]
//!   and [`CloisterStreamsServer`] from the subscriptions (Q-STREAM).
//! * [`types`] are the parameters and answers, [`errors`] what a refusal says, [`encoding`] how integers and bytes are
//!   written.
//!
//! Money, prices, lots and identifiers have the types of [`cloister_types`]. Those of 64 bits and more go over the wire
//! as decimal strings, because JavaScript numbers lose bits above 2^53; numbers are read too. Money is counted in
//! smallest units there, 10^-6 of the settlement asset, without a point. Bytes are hexadecimal with `0x`. Times are
//! milliseconds of Unix time.
//!
//! ```
//! use cloister_sequencer_rpc::types::{DropReason, BrokenRule};
//!
//! let reasons = [DropReason::Immediate, DropReason::Rule(BrokenRule::Band)];
//! let json = serde_json::to_string(&reasons).unwrap();
//! assert_eq!(json, r#"["immediate",{"rule":"band"}]"#);
//! ```

pub mod encoding;
pub mod errors;
mod methods;
pub mod openrpc;
mod streams;
pub mod types;

pub use errors::ErrorCode;
pub use methods::{CloisterRpcClient, CloisterRpcServer};
pub use streams::{CloisterStreamsClient, CloisterStreamsServer};
