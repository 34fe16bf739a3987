//! Statements: what is proven, one folder per statement.

pub mod batch;
pub mod exit;
pub mod house_rekey;
pub mod seal;
pub mod solvency;
