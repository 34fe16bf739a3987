//! The runtime, driven natively by calls that are made from bytes.
//!
//! [`run`] makes a chain of its own and takes one step after the other; what each does is chosen by the bytes
//! ([`steps`]), and every string of bytes is a valid sequence. Calls are made as the chain makes them: as transactions
//! with all extensions, by Root, or as what was announced and is enacted; statements have real proofs, made with the
//! trapdoor of a verifying key of this crate's own ([`proofs`]). After every call and every block the invariants of all
//! pallets are checked, that a call which is refused has changed nothing and is refused by an error that its
//! documentation names, that no money is made or lost and nobody's moves but by the rules, that nothing weighs more
//! than was said, and that calls and events can be read ([`checks`]).
//!
//! The tests run sequences from seeds and those that were once found to fail; `make fuzz` looks for others with
//! libFuzzer.

pub mod bytes;
pub mod chain;
pub mod checks;
pub mod proofs;
pub mod seen;
pub mod steps;
pub mod trapdoor;
pub mod world;

pub use seen::Seen;

use bytes::Bytes;
use chain::Kind;
use world::World;

/// Steps of a sequence; bytes beyond are not looked at.
pub const MAX_STEPS: usize = 400;

/// Runs the sequence that bytes make on a new chain. `tells` says on the standard error what is done.
///
/// # Panics
/// Something does not hold that must, whatever was called.
pub fn run(bytes: &[u8], tells: bool) -> Seen {
    let mut bytes = Bytes::new(bytes);
    let start = bytes.byte();
    let kind = if start.is_multiple_of(4) {
        Kind::Money
    } else {
        Kind::Development
    };
    // The names are read on a chain of their own.
    seen::pallets();
    chain::on_new(kind, || {
        let mut world = World::new(kind, tells);
        steps::prepare(&mut world, start);
        for _ in 0..MAX_STEPS {
            if bytes.are_used() || world.is_over {
                break;
            }
            steps::step(&mut world, &mut bytes);
        }
        world.seen
    })
}
