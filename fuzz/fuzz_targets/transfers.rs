#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| semper_fuzz_bodies::transfers::run(bytes));
