//! JSON-RPC of the sequencer, namespace `cloister`.
//!
//! Amounts and prices are in 10^-6 of the settlement asset and go over the wire as decimal strings, because JavaScript numbers lose
//! bits above 2^53; numbers are taken too. Bytes are hexadecimal with `0x`. Times are milliseconds of Unix time.

mod api;
pub mod encoding;
pub mod errors;
#[cfg(feature = "server")]
mod server;
pub mod types;

#[cfg(feature = "client")]
pub use api::CloisterRpcClient;
#[cfg(feature = "server")]
pub use api::CloisterRpcServer;
#[cfg(feature = "server")]
pub use server::module;
