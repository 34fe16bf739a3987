//! Statements: what is proven, one folder a statement.

pub mod batch;
