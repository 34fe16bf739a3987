//! What the constraints do not bind: mutations of single wires, of pairs, with repair, and in the first order.

mod aliases;
mod gadgets;
mod instruments;
mod rank;
mod repaired;
mod scenes;
mod single;
mod table;
