#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    _ = test_observer_cli::fuzz::read("any", bytes);
});
