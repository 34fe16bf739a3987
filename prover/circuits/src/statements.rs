//! Statements: what is proven, one folder a statement.

pub mod batch;
pub mod exit;
pub mod seal;
