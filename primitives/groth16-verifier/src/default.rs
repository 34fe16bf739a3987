//! The backend that is used where none is named.

/// The node's functions with the feature `host`, else [`crate::Pure`].
#[cfg(feature = "host")]
pub type DefaultBackend = crate::host::HostCalls;
/// The node's functions with the feature `host`, else [`crate::Pure`].
#[cfg(not(feature = "host"))]
pub type DefaultBackend = crate::backend::Pure;
