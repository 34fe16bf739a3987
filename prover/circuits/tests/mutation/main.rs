//! What the constraints do not bind: mutations of single wires, of pairs, with repair, and in the first order.

mod aliases;
mod choices;
mod gadgets;
mod instruments;
mod rank;
mod repaired;
mod scenes;
mod single;
mod statements;
mod table;
mod zero;
