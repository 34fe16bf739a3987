//! Tests on the mock runtime.

mod admin;
mod invariants;
mod payouts;
mod queue;
mod reject;
mod seal;
mod settle;
mod views;
