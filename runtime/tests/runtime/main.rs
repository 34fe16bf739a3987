//! Tests of the composed runtime, natively: its presets, and blocks with transactions.

mod blocks;
mod cloister;
mod genesis;
mod metadata;
mod oracle;
mod priority;
mod wrapped;
