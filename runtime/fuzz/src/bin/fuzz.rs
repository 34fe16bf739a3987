//! The target of libFuzzer: every input is a sequence of calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cloister_runtime_fuzz::run(bytes, false);
});
