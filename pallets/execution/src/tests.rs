//! Tests on the mock runtime.

mod admin;
mod claims;
mod custody;
mod exit;
mod forced;
mod freeze;
mod house;
mod insurance;
mod invariants;
mod keys;
mod lanes;
mod never_paused;
mod notice;
mod payouts;
mod plain;
mod queue;
mod reject;
mod rekey;
mod requests;
mod rounds;
mod seal;
mod settle;
mod takings;
mod terms;
mod views;
