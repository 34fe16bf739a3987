//! One cheat per rule: the witness breaks exactly that rule, everything else of it being consistent, and the named
//! constraint must fail.

mod account;
mod close;
mod closing;
mod deleveraging;
mod doors;
mod fill;
mod house;
mod instruction;
mod need;
mod payment;
mod stale;
mod switch;
mod trigger;
mod wires;
