//! End to end, over a real node: `cargo build --release -p cloister-node` first.

mod gate;
mod javascript;
mod leaving;
mod refusals;
mod stuffing;
mod trading;
