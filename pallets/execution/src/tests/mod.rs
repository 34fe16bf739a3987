//! Tests on the mock runtime.

mod admin;
mod payouts;
mod queue;
mod reject;
mod settle;
mod views;
