//! What every client of Cloister needs and no server knows: amounts, instruments, keys, signatures, seals, exit
//! statements, and accounts rebuilt from public records.
//!
//! Nothing here talks to a node, reads a file or needs an asynchronous runtime, so that the same code runs in a program
//! and in a browser (`wasm32-unknown-unknown`).
//!
//! * [`amount`] and [`instrument`] convert between what people write and what is signed.
//! * [`keys`] derives a trader's keys from one seed, [`owner`] is the key of its account on the chain.
//! * [`order`] says what is wrong with an order, in the units in which it was typed; [`stop`] are orders that wait.
//! * [`trader`] signs instructions, [`seal`] seals the view key to the sequencers.
//! * [`recovery`] rebuilds an account from public records, [`exit`] states what it is worth.

pub mod amount;
pub mod exit;
pub mod instrument;
pub mod keys;
pub mod order;
pub mod owner;
pub mod recovery;
pub mod seal;
pub mod stop;
pub mod trader;
