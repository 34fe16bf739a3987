//! Tests on the mock runtime.

mod admin;
mod bound;
mod dead;
mod final_values;
mod jumps;
mod pricing;
mod sequences;
mod tables;
