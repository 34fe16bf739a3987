//! Tests of the composed runtime, natively: its presets, and blocks with transactions.

mod blocks;
mod calls;
mod cloister;
mod custody;
mod fees;
mod genesis;
mod governance;
mod metadata;
mod migrations;
mod notice;
mod oracle;
mod origins;
mod priority;
mod validators;
mod weights;
mod wrapped;
