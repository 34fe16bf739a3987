//! Threads for proving.
#![allow(unsafe_code)]

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// How far proving stands back behind everything else in this process, in steps of the scheduler's niceness.
#[cfg(target_os = "linux")]
const NICENESS: libc::c_int = 10;

/// A thread for each core, which leaves the core to others whenever they need it: a proof keeps all cores busy for
/// seconds, and a node that proves must still make and import blocks in time.
///
/// # Errors
/// The system gives no threads.
pub(crate) fn proving_threads() -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new()
        .thread_name(|i| format!("prover-{i}"))
        .start_handler(|_| stand_back())
        // Without a handler a panic in a job ends the process. The panic hook has reported it, and who waits for the
        // job learns that it is lost.
        .panic_handler(|_| ())
        .build()
}

#[cfg(target_os = "linux")]
fn stand_back() {
    // SAFETY: no memory is involved. On Linux process 0 is the calling thread alone.
    let result = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
    if result != 0 {
        let error = std::io::Error::last_os_error();
        log::debug!(target: "cloister", "The priority of a proving thread stays as it is: {error}");
    }
}

/// Elsewhere priorities are a process's, and the process has other work to do.
#[cfg(not(target_os = "linux"))]
fn stand_back() {}
