//! Tests on the mock runtime.

mod admin;
mod pricing;
mod tables;
