//! The clock of the benchmarks: the time that this thread has had of the processor, so that what else the machine does
//! is not measured.
// Set by the SDK's Wasm builder, and by nothing that Cargo knows of.
#![allow(unexpected_cfgs)]
// The runtime calls it.
#![allow(dead_code)]

use rustix::time::{clock_gettime, ClockId};
use sp_runtime_interface::{pass_by::AllocateAndReturnPointer, runtime_interface};

/// Takes the place of the SDK's function of that name, which asks for the time of day.
#[runtime_interface]
pub trait Benchmarking {
    /// Nanoseconds, little-endian.
    fn current_time() -> AllocateAndReturnPointer<[u8; 16], 16> {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let (seconds, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
        (u128::from(seconds) * 1_000_000_000 + u128::from(nanos)).to_le_bytes()
    }
}
