//! Tests on the mock runtime.

mod admin;
mod dead;
mod final_values;
mod pricing;
mod tables;
