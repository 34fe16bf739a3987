//! Tests on the mock runtime.

mod admin;
mod batches;
mod claims;
mod exit;
mod forced;
mod freeze;
mod house;
mod insurance;
mod invariants;
mod keys;
mod lanes;
mod payouts;
mod periods;
mod plain;
mod queue;
mod records;
mod reject;
mod rekey;
mod requests;
mod rounds;
mod seal;
mod settle;
mod take_back;
mod takings;
mod terms;
mod views;
