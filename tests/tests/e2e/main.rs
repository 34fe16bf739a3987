//! End to end, over a real node: `cargo build --release -p cloister-node` first.

mod bonds;
mod commands;
mod crash;
mod demo;
mod desk;
mod gate;
mod governance;
mod javascript;
mod leaving;
mod pages;
mod refusals;
mod secrets;
mod stopping;
mod stuffing;
mod trading;
mod validators;
