//! The parameter ceremony: powers of tau, the first key, contributions honest and not, files.

mod cheating;
mod cheats;
mod files;
mod key;
mod powers;
mod support;
