//! Tests on the mock runtime.

mod admin;
mod final_values;
mod pricing;
mod tables;
