//! The methods and their types for programs in other languages, as OpenRPC.

/// The document, JSON. The service serves it as `rpc.discover`; its tests compare it with the methods that are
/// registered and with their real answers.
pub const DOCUMENT: &str = include_str!("../../../docs/openrpc.json");
