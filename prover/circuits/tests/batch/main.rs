//! The batch statement: native = circuit, pinned sizes and identities, and cheating witnesses.

mod cheating;
mod differential;
mod identity;
mod parts;
mod support;
