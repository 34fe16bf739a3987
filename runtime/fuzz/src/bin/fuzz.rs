//! The target of libFuzzer: every input is a sequence of calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let seen = cloister_runtime_fuzz::run(bytes, false);
    assert!(seen.undocumented.is_empty(), "{:?}", seen.undocumented);
});
