//! Parts of the pallet that would hide its calls in one file. Each is read as if it stood in the pallet's module.

pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod genesis;
pub(crate) mod storage;
