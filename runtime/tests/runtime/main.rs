//! Tests of the composed runtime, natively: its presets, and blocks with transactions.

mod blocks;
mod calls;
mod cloister;
mod custody;
mod genesis;
mod metadata;
mod notice;
mod oracle;
mod priority;
mod weights;
mod wrapped;
